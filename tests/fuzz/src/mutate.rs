//! Mutants: programs of a corpus with a few tokens changed.
//!
//! A mutation deletes, repeats, exchanges or replaces tokens, or puts a statement or an expression of another program in,
//! so most mutants are wrong in one place and otherwise like what people write. White space and comments are lost, line
//! feeds that end statements are not.

use resilient_base::{Diagnostics, SourceMap};
use resilient_syntax::{TokenKind, tokenize};

use crate::rng::Rng;

/// A token: its text and kind, and whether it begins a line.
#[derive(Clone)]
struct Word {
    text: String,
    kind: TokenKind,
    on_new_line: bool,
}

/// The programs that mutants are made of.
pub struct Corpus {
    programs: Vec<Vec<Word>>,
}

const TYPES: [&str; 14] = [
    "int",
    "u8",
    "i32",
    "float",
    "bool",
    "char",
    "string",
    "bytes",
    "void",
    "array<int>",
    "map<string, int>",
    "set<int>",
    "Option<string>",
    "fn(int) -> int",
];

const LITERALS: [&str; 16] = [
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "255",
    "256u8",
    "1.5",
    "1e308",
    "true",
    "\"\"",
    "\"a{1}b\"",
    "'x'",
    "b\"ab\"",
    "[]",
    "None",
    "()",
];

impl Corpus {
    /// The corpus of these texts.
    pub fn new(texts: Vec<String>) -> Corpus {
        Corpus { programs: texts.into_iter().map(words).filter(|words| !words.is_empty()).collect() }
    }

    /// Whether there is nothing to mutate.
    pub fn is_empty(&self) -> bool {
        self.programs.is_empty()
    }

    /// The mutant of a seed.
    pub fn mutant(&self, seed: u64) -> String {
        let mut rng = Rng::new(seed);
        let mut words: Vec<Word> = rng.pick(&self.programs).clone();
        for _ in 0..rng.between(1, 3) {
            self.mutate(&mut words, &mut rng);
        }
        let mut text = String::new();
        for word in &words {
            text.push(if word.on_new_line { '\n' } else { ' ' });
            text.push_str(&word.text);
        }
        text.push('\n');
        text
    }

    /// A program to take something from.
    fn donor(&self, rng: &mut Rng) -> &[Word] {
        rng.pick::<Vec<Word>>(&self.programs)
    }

    fn mutate(&self, words: &mut Vec<Word>, rng: &mut Rng) {
        if words.is_empty() {
            return;
        }
        let at = rng.below(words.len());
        match rng.below(12) {
            0 => drop(words.remove(at)),
            1 => words.insert(at, words[at].clone()),
            2 => {
                let other = rng.below(words.len());
                words.swap(at, other);
            }
            3 => {
                let donor = self.donor(rng);
                words[at] = rng.pick(donor).clone();
            }
            // A token of the same kind likely still parses.
            4..=6 => {
                let donor = if rng.chance(50) { words.clone() } else { self.donor(rng).to_vec() };
                let same: Vec<&Word> = donor.iter().filter(|word| word.kind == words[at].kind).collect();
                if !same.is_empty() {
                    words[at].text = rng.pick(&same).text.clone();
                }
            }
            7 => replace_where(words, rng, &LITERALS, is_literal),
            8 => replace_where(words, rng, &TYPES, |word| TYPES.contains(&word.text.as_str())),
            9 => {
                let statement = piece(self.donor(rng), rng, ends_statement);
                let start = statement_start(words, at);
                words.splice(start..start, statement);
            }
            10 => {
                let expr = piece(self.donor(rng), rng, ends_operand);
                words.splice(at..=at, expr);
            }
            // A statement of its own, elsewhere or gone.
            _ => {
                let start = statement_start(words, at);
                let length = words[start..].iter().position(ends_statement).map_or(words.len() - start, |n| n + 1);
                let statement: Vec<Word> = words.drain(start..start + length).collect();
                if rng.chance(60) {
                    let to = rng.below(words.len() + 1);
                    let to = statement_start(words, to);
                    words.splice(to..to, statement);
                }
            }
        }
    }
}

fn words(text: String) -> Vec<Word> {
    let mut sources = SourceMap::default();
    let file = sources.add("corpus.rz", text);
    let text = &sources.file(file).text;
    // What is not a token is left out, which is one more mutation.
    tokenize(file, text, &mut Diagnostics::default())
        .into_iter()
        .filter(|token| token.kind != TokenKind::Eof)
        .map(|token| Word {
            text: text[token.lo as usize..token.hi as usize].to_string(),
            kind: token.kind,
            on_new_line: token.on_new_line,
        })
        .collect()
}

fn is_literal(word: &Word) -> bool {
    word.text.starts_with(|first: char| first.is_ascii_digit() || first == '"' || first == '\'')
        || word.text == "true"
        || word.text == "false"
}

fn ends_statement(word: &Word) -> bool {
    matches!(word.text.as_str(), ";" | "}")
}

fn ends_operand(word: &Word) -> bool {
    matches!(word.text.as_str(), ";" | "}" | ")" | "," | "]" | "{")
}

/// The first token behind the statement before `at`.
fn statement_start(words: &[Word], at: usize) -> usize {
    words[..at].iter().rposition(|word| ends_statement(word) || word.text == "{").map_or(0, |n| n + 1)
}

/// Tokens from a random statement or operand to its end. Brackets stay in balance as far as they are opened inside.
fn piece(words: &[Word], rng: &mut Rng, ends: fn(&Word) -> bool) -> Vec<Word> {
    const MAX: usize = 60;
    let at = rng.below(words.len());
    let start = words[..at].iter().rposition(|word| ends(word) || word.text == "(").map_or(0, |n| n + 1);
    let mut depth = 0;
    let mut piece = Vec::new();
    for word in words[start..].iter().take(MAX) {
        let closes = matches!(word.text.as_str(), ")" | "]" | "}");
        if depth == 0 && ends(word) && (closes || word.text != "{") {
            if word.text == ";" {
                piece.push(word.clone());
            }
            break;
        }
        match word.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        piece.push(word.clone());
        if depth <= 0 && word.text == "}" {
            break;
        }
    }
    piece
}

fn replace_where(words: &mut [Word], rng: &mut Rng, by: &[&str], applies: impl Fn(&Word) -> bool) {
    let places: Vec<usize> = (0..words.len()).filter(|&n| applies(&words[n])).collect();
    if !places.is_empty() {
        words[*rng.pick(&places)].text = rng.pick(by).to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_mutant() {
        let corpus = Corpus::new(vec!["let x = 1;\nprintln(x);".into(), "fn f(int a) -> int { a + 2 }".into()]);
        for seed in 0..200 {
            assert_eq!(corpus.mutant(seed), corpus.mutant(seed));
        }
        assert!((0..200).any(|seed| corpus.mutant(seed) != corpus.mutant(seed + 1)));
    }
}
