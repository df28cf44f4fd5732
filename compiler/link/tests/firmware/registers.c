#include "resilient.h"

volatile float x = 1.5f;
int initialized[3] = {1, 2, 3};
int zero[100];

// The floating-point unit is on, variables have their values, registers of the description were written.
int64_t resilient_program(void) {
    x *= 2;
    int sum = 0;
    for (int n = 0; n < 100; n++) sum += zero[n];
    return initialized[0] + initialized[1] + initialized[2] + sum + (int)x + (int)*(volatile uint32_t *)0x2000f000;
}
