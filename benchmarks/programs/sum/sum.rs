fn main() {
    let n: i64 = std::hint::black_box(100_000);
    let mut i: i64 = 1;
    let mut sum: i64 = 0;
    while i <= n {
        sum = sum.wrapping_add(i);
        i += 1;
    }
    println!("{sum}");
}
