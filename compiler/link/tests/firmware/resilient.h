// What compiled programs call: a part of the table in `resilient-abi`, as C sees it.
#pragma once
#include <stdint.h>

typedef struct { uint32_t rc, kind; } object_header;
typedef struct { object_header object; uint32_t len, cap, chars; char text[]; } str_object;
typedef struct { uint32_t size, align, n_counted; uint32_t counted[]; } layout;
typedef struct { uint32_t len; char bytes[]; } file_name;
typedef struct { const file_name *file; uint32_t line, col; } site;

#define IMMORTAL 0x80000000u
#define STR(name, value) \
    static const str_object name = {{IMMORTAL, 0}, sizeof(value) - 1, sizeof(value) - 1, sizeof(value) - 1, value}

int64_t resilient_program(void);
void resilient_print_int(int64_t value);
void resilient_print_float(double value);
void resilient_print_str(const str_object *value);
void resilient_print_newline(void);
str_object *resilient_str_from_int(int64_t value);
str_object *resilient_str_concat(str_object *left, const str_object *right);
void resilient_str_release(str_object *value);
void *resilient_array_new(const layout *layout, int64_t len, int64_t capacity);
void resilient_ref_release(void *value);
_Noreturn void resilient_fault_division_by_zero(const site *site);
void resilient_live_enter(int64_t attempts, int64_t within);
uint8_t resilient_live_failed(void);
void resilient_raise_division_by_zero(const site *site);
int64_t resilient_live_total_retries(void);
