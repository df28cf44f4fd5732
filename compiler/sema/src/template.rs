//! Templates of `format` that are literals: what would fault at run time for certain is found here, in the same words.
//!
//! In: the text of a template. Out: its placeholders, or what is wrong with the first that is wrong. The library reads templates that are not
//! literals (`stdlib/format.rz`); the two must agree, and the tests of this module name each fault.

/// The type letters of the placeholders of `template`, where they have one.
pub fn parse(template: &str) -> Result<Vec<Option<char>>, String> {
    let mut placeholders = Vec::new();
    let mut at = 0;
    while let Some(found) = template[at..].find(['{', '}']) {
        let brace = at + found;
        if template.as_bytes().get(brace + 1) == Some(&template.as_bytes()[brace]) {
            at = brace + 2;
            continue;
        }
        let end = placeholder_end(template, brace)?;
        placeholders.push(type_letter(&template[brace + 1..end])?);
        at = end + 1;
    }
    Ok(placeholders)
}

/// The offset of the `}` of the placeholder that begins at `brace`.
fn placeholder_end(template: &str, brace: usize) -> Result<usize, String> {
    if template.as_bytes()[brace] == b'}' {
        return Err(format!("format: unmatched `}}` at byte {brace} — use `}}}}` to embed a literal `}}`"));
    }
    let end = template[brace..].find('}').map(|found| brace + found);
    end.ok_or_else(|| format!("format: unterminated `{{` at byte {brace}"))
}

/// The type letter of the placeholder with `inner` between its braces.
fn type_letter(inner: &str) -> Result<Option<char>, String> {
    if inner.is_empty() {
        return Ok(None);
    }
    let Some(spec) = inner.strip_prefix(':') else {
        return Err(format!(
            "format: positional indices are not supported — only `{{}}` and `{{:spec}}` (got `{{{inner}}}`)"
        ));
    };
    let rest = spec.strip_prefix(['<', '>']).unwrap_or(spec);
    // The flag for zeros is a digit of the width as far as the value of the width goes.
    let rest = number(rest, spec, "width")?;
    let rest = match rest.strip_prefix('.') {
        Some(digits) if !digits.starts_with(|c: char| c.is_ascii_digit()) => {
            return Err(format!("format: expected digits after `.` in spec `{spec}`"));
        }
        Some(digits) => number(digits, spec, "precision")?,
        None => rest,
    };
    let is_letter = |c: &char| matches!(c, 'x' | 'X' | 'b' | 'o');
    let letter = rest.chars().next().filter(is_letter);
    let trailing = &rest[letter.map_or(0, char::len_utf8)..];
    if !trailing.is_empty() {
        return Err(format!("format: unrecognised format spec `{spec}` (trailing `{trailing}`)"));
    }
    Ok(letter)
}

/// What follows the digits that `rest` begins with. They may be missing.
fn number<'s>(rest: &'s str, spec: &str, what: &str) -> Result<&'s str, String> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(end);
    if digits.is_empty() {
        return Ok(rest);
    }
    match digits.parse::<i64>() {
        Ok(number) if number > 65535 => Err(format!("format: {what} {number} exceeds maximum 65535 in spec `{spec}`")),
        Ok(_) => Ok(rest),
        Err(_) => Err(format!("format: invalid {what} in spec `{spec}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders() {
        assert_eq!(parse("{{}} a {{{}}}"), Ok(vec![None]));
        let letters = vec![None, Some('x'), None, None, None, Some('b')];
        assert_eq!(parse("{:}{:x}{:<05}{:>8.3}{:0}{:010b}"), Ok(letters));
        assert_eq!(parse("ä{:X}ä"), Ok(vec![Some('X')]));
    }

    #[test]
    fn mistakes() {
        let of = |template: &str| parse(template).expect_err("it is wrong");
        assert_eq!(of("ä {:5"), "format: unterminated `{` at byte 3");
        assert_eq!(of("a } b"), "format: unmatched `}` at byte 2 — use `}}` to embed a literal `}`");
        assert_eq!(of("{0:5}"), "format: positional indices are not supported — only `{}` and `{:spec}` (got `{0:5}`)");
        assert_eq!(of("{:*>5}"), "format: unrecognised format spec `*>5` (trailing `*>5`)");
        assert_eq!(of("{:5xq}"), "format: unrecognised format spec `5xq` (trailing `q`)");
        assert_eq!(of("{:5.x}"), "format: expected digits after `.` in spec `5.x`");
        assert_eq!(of("{:65536}"), "format: width 65536 exceeds maximum 65535 in spec `65536`");
        let huge = "99999999999999999999";
        assert_eq!(of(&format!("{{:.{huge}}}")), format!("format: invalid precision in spec `.{huge}`"));
    }
}
