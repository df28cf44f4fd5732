#include "resilient.h"

int64_t resilient_program(void) { __builtin_trap(); }
