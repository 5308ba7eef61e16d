/* main.c includes <stdio.h> as NXP's example does and uses nothing of it: the text goes through PRINTF. */
