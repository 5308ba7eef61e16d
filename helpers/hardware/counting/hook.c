/*
 * Unicorn's hooks in C: they add up what Python would be asked for at each basic block.
 *
 * An edge is a step from one block to the next. Python decides what an edge costs when it is taken for the first time, and
 * enters it here; an edge that it does not enter is Python's each time. edges.py holds the same structures.
 */
#include <stdint.h>

#ifdef _WIN32 /* a library without C's own start-up code needs an entry there */
int DllMainCRTStartup(void *module, unsigned reason, void *reserved)
{
    return 1;
}
#endif

struct edge {
    uint64_t times;
    uint32_t address, size; /* of the block that it leads to, as Unicorn gives them */
    int32_t to;             /* number of that block */
    int32_t next;           /* another edge that leaves the same block, or -1 */
    uint32_t cycles, instructions, fetches; /* counted when it is taken: those of the block that it leaves, fetches but */
    int32_t stack;          /* lowest point of the stack pointer in the block, relative to its entry; never above 0 */
    uint32_t looks;         /* whether the stack pointer is to be looked at */
};

struct counts {
    int64_t count, next_check, instructions, fetches, stack_low;
    struct edge *edges;
    int32_t *first; /* by block: its first edge, or -1 */
    int32_t last;   /* the block that runs, or -1 if it has no number */
    int32_t muted;
    int32_t stack_register;
    int (*read_register)(void *uc, int number, void *value);
    void (*arrive)(void *uc, uint64_t address, uint32_t size); /* the edge is not entered: count it */
    void (*deeper)(void *uc, int32_t edge);                    /* the stack has never been as deep */
    void (*check)(void *uc, int32_t edge);                     /* `count` has reached `next_check` */
};

/* The edge from the present block; it is moved to the front of its list, where it is found at once the next time. */
static int32_t edge_to(struct counts *s, uint32_t address, uint32_t size)
{
    int32_t *link = &s->first[s->last];
    int32_t front = *link;
    for (int32_t i = front; i >= 0; i = *link) {
        struct edge *e = &s->edges[i];
        if (e->address == address && e->size == size) {
            if (i != front) {
                *link = e->next;
                e->next = front;
                s->first[s->last] = i;
            }
            return i;
        }
        link = &e->next;
    }
    return -1;
}

void on_block(void *uc, uint64_t address, uint32_t size, void *data)
{
    struct counts *s = data;
    if (s->muted)
        return;
    int32_t i = s->last < 0 ? -1 : edge_to(s, (uint32_t)address, size);
    if (i < 0) {
        s->arrive(uc, address, size);
        return;
    }
    struct edge *e = &s->edges[i];
    e->times++;
    s->count += e->cycles;
    s->instructions += e->instructions;
    s->fetches += e->fetches;
    s->last = e->to;
    if (e->looks) {
        uint32_t sp[2] = {0, 0};
        s->read_register(uc, s->stack_register, sp);
        if ((int64_t)sp[0] + e->stack < s->stack_low)
            s->deeper(uc, i);
    }
    if (s->count >= s->next_check)
        s->check(uc, i);
}

void on_read(void *uc, int kind, uint64_t address, int size, int64_t value, void *data)
{
    ++*(uint64_t *)data;
}
