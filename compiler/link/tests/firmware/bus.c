#include "resilient.h"

int64_t resilient_program(void) { return *(volatile int *)0x60000000; }
