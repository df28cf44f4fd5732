fn fib(n: i64) -> i64 {
    assert!(n >= 0);
    if n < 2 {
        return n;
    }
    fib(n - 1).wrapping_add(fib(n - 2))
}

fn main() {
    println!("{}", fib(std::hint::black_box(25)));
}
