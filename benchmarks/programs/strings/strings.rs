use std::fmt::Write;

fn main() {
    let n: i64 = std::hint::black_box(1_000_000);
    let mut text = String::new();
    for i in 0..n {
        text += "piece ";
        write!(text, "{i}").unwrap();
        text += ";";
    }
    println!("{}", text.chars().count());
}
