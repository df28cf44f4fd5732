#include "resilient.h"

volatile int depth;
static int data = 42;

static __attribute__((noinline)) int deeper(int n) {
    volatile int frame[FRAME];
    frame[0] = n;
    depth = n;
    return deeper(n + 1) + frame[0];
}

int64_t resilient_program(void) { return deeper(data); }
