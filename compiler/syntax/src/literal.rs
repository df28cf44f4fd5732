//! Values of literals: numbers, characters, bytes, and strings with a way back from decoded text to source offsets.
//!
//! Everything here works on the text of one token and knows neither tokens nor trees.

/// The suffixes that make a fixed-width or 64-bit integer.
const INT_SUFFIXES: [&str; 17] = [
    "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "Int8", "Int16", "Int32", "Int64", "Int", "UInt8", "UInt16",
    "UInt32", "UInt64",
];

/// The suffixes that make a float.
const FLOAT_SUFFIXES: [&str; 5] = ["f32", "f64", "Float32", "Float64", "Float"];

/// Whether `word` directly behind a number is a suffix of it.
pub(crate) fn is_suffix(word: &str, is_float: bool) -> bool {
    is_float_suffix(word) || !is_float && INT_SUFFIXES.contains(&word)
}

/// Whether `word` is a suffix that makes a float.
pub(crate) fn is_float_suffix(word: &str) -> bool {
    FLOAT_SUFFIXES.contains(&word)
}

/// The radix that a prefix like `0x` announces.
pub(crate) fn radix_of_prefix(first: u8, second: u8) -> Option<u32> {
    match (first, second) {
        (b'0', b'x' | b'X') => Some(16),
        (b'0', b'o' | b'O') => Some(8),
        (b'0', b'b' | b'B') => Some(2),
        _ => None,
    }
}

/// Splits the text of an `Int` token into digits (prefix included) and suffix.
pub(crate) fn split_int(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let radix = if bytes.len() > 1 { radix_of_prefix(bytes[0], bytes[1]) } else { None };
    let (skip, radix) = radix.map_or((0, 10), |radix| (2, radix));
    let len = text[skip..].find(|c: char| c != '_' && !c.is_digit(radix)).map_or(text.len(), |len| skip + len);
    text.split_at(len)
}

/// The value of the digits of an integer literal, prefix included; none beyond 64 bits.
pub(crate) fn int_value(digits: &str) -> Option<u64> {
    let bytes = digits.as_bytes();
    let radix = if bytes.len() > 1 { radix_of_prefix(bytes[0], bytes[1]) } else { None };
    let (skip, radix) = radix.map_or((0, 10), |radix| (2, radix));
    let digits = digits[skip..].chars().filter_map(|c| c.to_digit(radix));
    digits.into_iter().try_fold(0u64, |value, digit| value.checked_mul(radix.into())?.checked_add(digit.into()))
}

/// Splits the text of a `Float` token into number and suffix.
pub(crate) fn split_float(text: &str) -> (&str, &str) {
    let is_exponent = |at: usize| matches!(text.as_bytes().get(at + 1), Some(b'0'..=b'9' | b'+' | b'-'));
    let suffix = text.char_indices().find(|&(at, c)| match c {
        'e' | 'E' => !is_exponent(at),
        c => c.is_ascii_alphabetic(),
    });
    text.split_at(suffix.map_or(text.len(), |(at, _)| at))
}

/// The value of a float literal without suffix; infinite beyond binary64.
pub(crate) fn float_value(number: &str) -> f64 {
    let digits: String = number.chars().filter(|&c| c != '_').collect();
    // Rust reads the same grammar, `42.` and `1.e3` included.
    digits.parse().unwrap_or(f64::INFINITY)
}

/// The character that `body`, the text between the quotes, stands for, or what is wrong.
pub(crate) fn decode_char(body: &str) -> Result<char, String> {
    let mut chars = body.chars();
    let (Some(first), rest) = (chars.next(), chars.as_str()) else {
        return Err("empty character literal".to_owned());
    };
    if first != '\\' {
        let message = || "a character literal holds exactly one character".to_owned();
        return if rest.is_empty() { Ok(first) } else { Err(message()) };
    }
    let (c, len) = simple_escape(rest)
        .filter(|_| !rest.starts_with('{'))
        .or_else(|| rest.starts_with('\'').then_some(('\'', 1)))
        .or_else(|| hex_escape(rest, 0xff))
        .or_else(|| unicode_escape(rest))
        .ok_or_else(|| format!("unknown escape `\\{rest}` in a character literal"))?;
    let message = || "a character literal holds exactly one character".to_owned();
    if rest.len() == len { Ok(c) } else { Err(message()) }
}

/// The bytes that `body`, the text between the quotes, stands for.
pub(crate) fn decode_bytes(body: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(backslash) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..backslash]);
        rest = &rest[backslash + 1..];
        let escape = simple_escape(rest).filter(|_| !rest.starts_with('{')).or_else(|| hex_escape(rest, 0xff));
        match escape {
            Some((c, len)) => {
                out.push(c as u8);
                rest = &rest[len..];
            }
            None => out.push(b'\\'),
        }
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// `n t r 0 \ " {` after a backslash: the character and the length of what follows the backslash.
fn simple_escape(rest: &str) -> Option<(char, usize)> {
    let c = match rest.as_bytes().first()? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'0' => '\0',
        b'\\' => '\\',
        b'"' => '"',
        b'{' => '{',
        _ => return None,
    };
    Some((c, 1))
}

/// `xHH` after a backslash, at most `max`.
fn hex_escape(rest: &str, max: u32) -> Option<(char, usize)> {
    let digits = rest.strip_prefix('x')?.get(..2)?;
    let value = digits.chars().try_fold(0, |value, c| Some(value * 16 + c.to_digit(16)?))?;
    (value <= max).then_some((char::from_u32(value)?, 3))
}

/// `u{H...}` after a backslash.
fn unicode_escape(rest: &str) -> Option<(char, usize)> {
    let body = rest.strip_prefix("u{")?;
    let len = body.as_bytes().iter().take(7).position(|&b| b == b'}')?;
    if len == 0 {
        return None;
    }
    let value = body[..len].chars().try_fold(0, |value, c| Some(value * 16 + c.to_digit(16)?))?;
    Some((char::from_u32(value)?, len + 3))
}

/// A decoded string literal of an escaped form.
pub(crate) struct Decoded {
    /// The text, escapes decoded and indentation removed.
    pub text: String,
    /// The way back to the source.
    pub map: OffsetMap,
    /// The braces that stand for themselves in the source, as offsets in `text`: those not made by an escape.
    pub braces: Vec<u32>,
}

/// Offsets of decoded text to offsets of the text it was decoded from: pieces that run in parallel.
#[derive(Default)]
pub(crate) struct OffsetMap {
    /// `(decoded, source)` starts, ascending.
    runs: Vec<(u32, u32)>,
}

impl OffsetMap {
    /// The source offset of a decoded offset.
    pub fn source(&self, decoded: u32) -> u32 {
        let after = self.runs.partition_point(|&(start, _)| start <= decoded);
        match self.runs[..after].last() {
            Some(&(start, source)) => source + (decoded - start),
            None => decoded,
        }
    }

    fn add(&mut self, decoded: usize, source: usize) {
        match self.runs.last_mut() {
            Some(last) if last.0 == decoded as u32 => last.1 = source as u32,
            _ => self.runs.push((decoded as u32, source as u32)),
        }
    }
}

impl Decoded {
    /// Decodes `"..."`; `body` is what stands between the quotes and begins at offset `base`.
    pub fn single(body: &str, base: usize) -> Decoded {
        let mut out = Decoded::empty(body.len());
        out.escapes(body, base);
        out
    }

    /// Decodes `"""..."""`: common indentation goes first, then escapes are decoded.
    pub fn triple(body: &str, base: usize) -> Decoded {
        let mut out = Decoded::empty(body.len());
        let skipped = if body.starts_with('\n') { 1 } else { 2 * usize::from(body.starts_with("\r\n")) };
        let mut lines: Vec<(usize, &str)> = Vec::new();
        let mut at = skipped;
        for line in body[skipped..].split('\n') {
            lines.push((base + at, line));
            at += line.len() + 1;
        }
        let last = lines.len() - 1;
        for (_, line) in &mut lines[..last] {
            *line = line.strip_suffix('\r').unwrap_or(line);
        }
        // `split` gives an empty last piece exactly if the body ends in a line end.
        if last > 0 && lines[last].1.is_empty() {
            lines.pop();
        }
        let indentation = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
        let is_blank = |line: &str| line.trim().is_empty();
        let common = lines.iter().filter(|(_, line)| !is_blank(line)).map(|(_, line)| indentation(line)).min();
        let common = common.unwrap_or(0);
        for (index, (start, line)) in lines.iter().enumerate() {
            if index > 0 {
                out.map.add(out.text.len(), start - 1);
                out.text.push('\n');
            }
            let removed = common.min(indentation(line));
            out.escapes(&line[removed..], start + removed);
        }
        out
    }

    fn empty(capacity: usize) -> Decoded {
        Decoded { text: String::with_capacity(capacity), map: OffsetMap::default(), braces: Vec::new() }
    }

    /// Appends `source`, which begins at offset `base`, with its escapes decoded.
    fn escapes(&mut self, source: &str, base: usize) {
        let mut at = 0;
        self.map.add(self.text.len(), base);
        while let Some(len) = source[at..].find(['\\', '{', '}']) {
            self.text.push_str(&source[at..at + len]);
            at += len;
            let rest = &source[at + 1..];
            if !source[at..].starts_with('\\') {
                self.braces.push(self.text.len() as u32);
                self.text.push_str(&source[at..at + 1]);
                at += 1;
                continue;
            }
            match simple_escape(rest).or_else(|| hex_escape(rest, 0x7f)).or_else(|| unicode_escape(rest)) {
                Some((c, len)) => {
                    self.map.add(self.text.len(), base + at);
                    self.text.push(c);
                    at += 1 + len;
                    self.map.add(self.text.len(), base + at);
                }
                // The brace of `\u{` never opens a placeholder, even if no character has that number.
                None if rest.starts_with("u{") => {
                    self.text.push_str("\\u{");
                    at += 3;
                }
                None => {
                    self.text.push('\\');
                    at += 1;
                }
            }
        }
        self.text.push_str(&source[at..]);
        self.map.add(self.text.len(), base + source.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(split_int("0x1f32"), ("0x1f32", ""));
        assert_eq!(split_int("0x10u16"), ("0x10", "u16"));
        assert_eq!(split_int("1_000u16"), ("1_000", "u16"));
        assert_eq!(int_value("0b_1010_"), Some(10));
        assert_eq!(int_value("007"), Some(7));
        assert_eq!(int_value("9223372036854775808"), Some(1 << 63));
        assert_eq!(int_value("99999999999999999999"), None);
        assert_eq!(split_float("1.5e3f32"), ("1.5e3", "f32"));
        assert_eq!(split_float("42.Float"), ("42.", "Float"));
        assert_eq!(float_value("1_000.5e1_0"), 1000.5e10);
        assert_eq!(float_value("1.e3"), 1000.0);
        assert_eq!(float_value("1e999"), f64::INFINITY);
    }

    #[test]
    fn chars() {
        assert_eq!(decode_char("\\xff"), Ok('ÿ'));
        assert_eq!(decode_char("\\u{1F600}"), Ok('😀'));
        assert_eq!(decode_char("\\'"), Ok('\''));
        assert!(decode_char("\\q").is_err());
        assert!(decode_char("\\{").is_err());
        assert!(decode_char("ab").is_err());
        assert!(decode_char("\\u{D800}").is_err());
    }

    #[test]
    fn unknown_escapes_stand_for_themselves() {
        assert_eq!(Decoded::single(r"a\qb\xff\u{110000}\u{}", 0).text, r"a\qb\xff\u{110000}\u{}");
        assert_eq!(Decoded::single(r"\x41\u{e9}\0\{", 0).text, "Aé\0{");
        assert_eq!(decode_bytes(r"a\xff\q\{é"), b"a\xff\\q\\{\xc3\xa9");
    }

    #[test]
    fn indentation() {
        assert_eq!(Decoded::triple("\n    Tea\n      with milk\n", 3).text, "Tea\n  with milk");
        assert_eq!(Decoded::triple("\n    Tea\n    ", 3).text, "Tea\n");
        assert_eq!(Decoded::triple("\r\n  a\r\n\r\n    b\r\n", 3).text, "a\n\n  b");
        assert_eq!(Decoded::triple("one", 3).text, "one");
        assert_eq!(Decoded::triple("", 3).text, "");
        assert_eq!(Decoded::triple("\n  a\\n  b\n", 3).text, "a\n  b");
    }

    #[test]
    fn offsets_lead_back() {
        let source = r#"a\"b{\u{41}c}"#;
        let decoded = Decoded::single(source, 10);
        assert_eq!(decoded.text, "a\"b{Ac}");
        let back = |at| decoded.map.source(at) as usize - 10;
        assert_eq!(&source[back(2)..back(3)], "b");
        assert_eq!(&source[back(4)..back(5)], r"\u{41}");
        assert_eq!(&source[back(5)..back(6)], "c");
        assert_eq!(decoded.braces, [3, 6]);
    }
}
