//! The directives at the head of a program. The crate's documentation lists them.

/// What a program's header says about its run.
#[derive(Debug, PartialEq, Eq, Default)]
pub struct Directives {
    /// Exit status of the program.
    pub status: i32,
    /// Arguments of the program.
    pub args: Vec<String>,
    /// Seed of its random generator.
    pub seed: Option<u64>,
    /// Whether it has compile errors.
    pub check_fail: bool,
    /// Flags of every command.
    pub flags: Vec<String>,
    /// Flags of `run` and `build`.
    pub run_flags: Vec<String>,
    /// Environment of every command and of executables: name and value.
    pub env: Vec<(String, String)>,
}

/// Reads the header of `text`.
pub fn parse(text: &str) -> Result<Directives, String> {
    let mut directives = Directives::default();
    for line in text.lines().skip_while(|line| line.starts_with("#!")).take_while(|line| line.starts_with("//")) {
        let Some(directive) = line.strip_prefix("//@") else { continue };
        let (key, value) = directive.split_once(':').unwrap_or((directive, ""));
        match (key.trim(), value.trim()) {
            ("status", value) => {
                directives.status = value.parse().map_err(|_| format!("`{value}` is no exit status"))?;
            }
            ("args", value) => directives.args = words(value),
            ("flags", value) => directives.flags = words(value),
            ("run-flags", value) => directives.run_flags = words(value),
            ("env", value) => {
                let (name, value) = value.split_once('=').ok_or_else(|| format!("`{value}` is no NAME=VALUE"))?;
                directives.env.push((name.to_string(), value.to_string()));
            }
            ("seed", value) => {
                directives.seed = Some(value.parse().map_err(|_| format!("`{value}` is no seed"))?);
            }
            ("check-fail", "") => directives.check_fail = true,
            (key, value) => return Err(format!("unknown directive `{key}` with value `{value}`")),
        }
    }
    if directives.check_fail {
        directives.status = 1;
    }
    Ok(directives)
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_ends_at_the_first_other_line() {
        let text = "// About.\n//@ status: 3\n//@ args: a  b\n//@ env: A=b=c\n\n//@ status: 4\n";
        let env = vec![("A".to_string(), "b=c".to_string())];
        let expected = Directives { status: 3, args: words("a b"), env, ..Directives::default() };
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn mistakes_are_found() {
        assert!(parse("//@ statsu: 3\n").is_err());
        assert!(parse("//@ status: x\n").is_err());
        assert!(parse("//@ env: x\n").is_err());
        assert!(parse("//@ check-fail: yes\n").is_err());
    }
}
