"""Reserved names for entry points and files: those of C, of its library, and those that every bundle uses."""

import re

from helpers.compiler.backends.plain_c import program as plain_c

_KEYWORDS = """
alignas alignof asm auto bool break case char const constexpr continue default do double else enum extern false float for
fortran goto if inline int long nullptr register restrict return short signed sizeof static static_assert struct switch
thread_local true typedef typeof typeof_unqual union unsigned void volatile while
"""
_TYPES = """
clock_t div_t double_t FILE float_t fpos_t int16_t int32_t int64_t int8_t intmax_t intptr_t jmp_buf ldiv_t lldiv_t max_align_t
mbstate_t nullptr_t ptrdiff_t sig_atomic_t size_t ssize_t time_t uint16_t uint32_t uint64_t uint8_t uintmax_t uintptr_t
va_list wchar_t wctrans_t wctype_t wint_t
"""
# Functions with external linkage of ISO C (annex B of the standard), and the names that start-up code gives a program.
_FUNCTIONS = """
abort abs acos acosh aligned_alloc asctime asin asinh assert at_quick_exit atan atan2 atanh atexit atof atoi atol atoll
bsearch btowc cabs cacos carg cbrt ccos ceil cexp cimag clearerr clock clog conj copysign cos cosh cpow cproj creal csin
csinh csqrt ctan ctanh ctime difftime div environ erf erfc errno exit exp exp2 expm1 fabs fclose fdim feof ferror fflush
fgetc fgetpos fgets floor fma fmax fmin fmod fopen fprintf fputc fputs fread free freopen frexp fscanf fseek fsetpos ftell
fwrite getc getchar getenv gets gmtime hypot ilogb isalnum isalpha isblank iscntrl isdigit isfinite isgraph isinf islower
isnan isnormal isprint ispunct isspace isupper isxdigit labs ldexp ldiv lgamma llabs lldiv llrint llround localeconv
localtime log log10 log1p log2 logb longjmp lrint lround main malloc mblen mbrlen mbtowc memchr memcmp memcpy memmove memset
mktime modf nan nearbyint nextafter nexttoward offsetof perror pow printf putc putchar puts qsort quick_exit raise rand
realloc remainder remove remquo rename rewind rint round scalbln scalbn scanf setbuf setjmp setlocale setvbuf signal signbit
sin sinh snprintf sprintf sqrt srand sscanf stderr stdin stdout strcat strchr strcmp strcoll strcpy strcspn strdup strerror
strftime strlen strncat strncmp strncpy strpbrk strrchr strspn strstr strtod strtof strtok strtol strtold strtoll strtoul
strtoull strxfrm system tan tanh tgamma time timespec_get tmpfile tmpnam tolower toupper trunc ungetc va_arg va_copy va_end
va_start vfprintf vprintf vscanf vsnprintf vsprintf vsscanf wcslen wctomb write read open close calloc
"""
# The functions of <math.h> and <complex.h>, of which there are also those for float and long double.
_MATHEMATICS = """
acos acosh asin asinh atan atan2 atanh cabs cacos cacosh carg casin casinh catan catanh cbrt ccos ccosh ceil cexp cimag clog
conj copysign cos cosh cpow cproj creal csin csinh csqrt ctan ctanh erf erfc exp exp2 expm1 fabs fdim floor fma fmax fmin fmod
frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter nexttoward
pow remainder remquo rint round scalbln scalbn sin sinh sqrt tan tanh tgamma trunc
"""
_MACROS = """
BUFSIZ CHAR_BIT CLOCKS_PER_SEC EDOM EILSEQ EOF ERANGE EXIT_FAILURE EXIT_SUCCESS FLT_EVAL_METHOD FLT_RADIX FLT_ROUNDS FP_INFINITE
FP_NAN FP_NORMAL FP_SUBNORMAL FP_ZERO HUGE_VAL HUGE_VALF HUGE_VALL I INFINITY MATH_ERREXCEPT MATH_ERRNO MB_CUR_MAX NAN NULL
SEEK_CUR SEEK_END SEEK_SET SIGABRT SIGFPE SIGILL SIGINT SIGSEGV SIGTERM SIG_DFL SIG_ERR SIG_IGN TIME_UTC complex fpclassify
imaginary isgreater isgreaterequal isless islessequal islessgreater isunordered math_errhandling noreturn
"""
# Names by their form: limits and types of <stdint.h>, <limits.h> and <float.h>, functions of wide characters and of the
# floating-point environment, and what the start-up code of an Arm board calls.
_FORMS = (
    r"[A-Z]+(_?[A-Z]+)?\d*_(MAX|MIN|C|DIG|EPSILON|MAX_EXP|MIN_EXP|MAX_10_EXP|MIN_10_EXP|TRUE_MIN|MANT_DIG|HAS_SUBNORM)",
    r"u?int_(fast|least)\d+_t",
    r"(wcs|wmem|isw)[a-z]{2,9}|tow(lower|upper|ctrans)",
    r"fe(clear|get|hold|raise|set|test|update)(except|exceptflag|round|env)",
    r"\w+_(IRQ)?Handler|ResetISR|SystemInit|SystemCoreClock(Update)?",
)
_BUNDLES = (
    "glow events move_up word imageData inferenceResult _start"  # glow: its macros would be Glow's own, GLOW_MEM_ALIGN
)

NAMES = {
    *" ".join((_KEYWORDS, _TYPES, _FUNCTIONS, _MATHEMATICS, _MACROS, _BUNDLES)).split(),
    *(name + kind for name in _MATHEMATICS.split() for kind in "fl"),
    *plain_c.RESERVED,
}
LONGEST = 63  # characters of a name that every C compiler tells apart


def why_not(name: str) -> str | None:
    """Return the reason why a network or an entry point cannot have this name; None if it can."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return "is no name in C"
    if len(name) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if name.startswith("__") or re.match(r"_[A-Z]", name):
        return "begins as names do that C keeps for compilers"
    if name in NAMES or name.lower() == "glow":
        return "is a name of C, its library or every bundle"
    if any(re.fullmatch(form, name) for form in _FORMS):
        return "has the form of names of C's library or of a board's start-up code"
    return None
