#include "resilient.h"

static const layout words = {4, 4, 0};

int64_t resilient_program(void) { return (int)resilient_array_new(&words, 0, ((int64_t)1 << 32) + 1); }
