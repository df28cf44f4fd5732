use std::collections::HashMap;

fn main() {
    let n: i64 = std::hint::black_box(1_000_000);
    let mut counts: HashMap<String, i64> = HashMap::new();
    let mut state: i64 = 12345;
    for _ in 0..n {
        state = (state * 1103515245 + 12345) % 2147483648;
        let word = format!("word{}", state / 8 % 50000);
        *counts.entry(word).or_insert(0) += 1;
    }
    let mut most = 0;
    let mut best = String::new();
    let mut words: Vec<&String> = counts.keys().collect();
    words.sort();
    for word in words {
        if counts[word] > most {
            most = counts[word];
            best = word.clone();
        }
    }
    println!("{} {} {}", counts.len(), best, most);
}
