/* The programs of filetests/programs.clif in C, for comparison. */
typedef unsigned char uint8_t;
typedef unsigned int uint32_t;
typedef int int32_t;
typedef long long int64_t;

int32_t fib32(int32_t n) { return n < 2 ? n : fib32(n - 1) + fib32(n - 2); }
int64_t fib64(int64_t n) { return n < 2 ? n : fib64(n - 1) + fib64(n - 2); }

uint32_t crc32(const uint8_t *data, uint32_t len) {
    uint32_t crc = ~0u;
    for (const uint8_t *end = data + len; data != end; data++) {
        crc ^= *data;
        for (int n = 8; n; n--) crc = (crc >> 1) ^ (0xedb88320u & -(crc & 1));
    }
    return ~crc;
}

void matmul(const int32_t *a, const int32_t *b, int32_t *c, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) {
            int32_t sum = 0;
            for (uint32_t k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
            c[i * n + j] = sum;
        }
}

uint32_t sieve(uint8_t *flags, uint32_t n) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) flags[i] = 1;
    for (uint32_t i = 2; i < n; i++)
        if (flags[i]) {
            for (uint32_t k = i + i; k < n; k += i) flags[k] = 0;
            count++;
        }
    return count;
}
