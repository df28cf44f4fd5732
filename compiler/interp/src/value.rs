//! Values at run time.

use resilient_runtime::number::{FloatText, IntText};
use resilient_runtime::string::Str;

/// A value of any type. The checker knows which kind it is, so taking it out never fails in a correct compiler.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// The value of type void, and what a slot holds before its variable is made.
    #[default]
    Void,
    /// `int`
    Int(i64),
    /// `float`
    Float(f64),
    /// `bool`
    Bool(bool),
    /// `string`; a copy shares the text.
    Str(Str),
}

impl Value {
    /// The int.
    pub fn into_int(self) -> i64 {
        match self {
            Value::Int(value) => value,
            other => wrong_kind("an int", &other),
        }
    }

    /// The float.
    pub fn into_float(self) -> f64 {
        match self {
            Value::Float(value) => value,
            other => wrong_kind("a float", &other),
        }
    }

    /// The bool.
    pub fn into_bool(self) -> bool {
        match self {
            Value::Bool(value) => value,
            other => wrong_kind("a bool", &other),
        }
    }

    /// The string.
    pub fn into_str(self) -> Str {
        match self {
            Value::Str(value) => value,
            other => wrong_kind("a string", &other),
        }
    }

    /// The display form.
    pub fn display(self) -> Str {
        match self {
            Value::Void => Str::from_str("void"),
            Value::Int(value) => Str::from_str(IntText::new(value).as_str()),
            Value::Float(value) => Str::from_str(FloatText::new(value).as_str()),
            Value::Bool(value) => Str::from_bool(value),
            Value::Str(value) => value,
        }
    }

    /// The display form as inside another value: strings stand in quotes, their text unchanged.
    pub fn display_quoted(self) -> Str {
        match self {
            Value::Str(value) => concat(&[Str::from_str("\""), value, Str::from_str("\"")]),
            other @ (Value::Void | Value::Int(_) | Value::Float(_) | Value::Bool(_)) => other.display(),
        }
    }
}

/// The texts one after another.
pub fn concat(parts: &[Str]) -> Str {
    parts.iter().fold(Str::empty(), |text, part| text.concat(part))
}

#[cold]
fn wrong_kind(expected: &str, found: &Value) -> ! {
    unreachable!("the checker promised {expected}, found {found:?}")
}
