//! Library functions on strings, chars and the bits of floats, and those on hash indices: functions of their operands alone.

use resilient_runtime::string::Str;
use resilient_runtime::{number, text, trace};
use resilient_sema::typed::Builtin;

use crate::entries;
use crate::index;
use crate::parts::Parts;
use crate::value::{Value, wrong_kind};

/// The most operands that [`call`] takes.
pub const MAX_OPERANDS: usize = 3;

/// The value of `builtin` for these operands; those that it does not have are void.
pub fn call(builtin: Builtin, operands: [Value; MAX_OPERANDS]) -> Value {
    let [a, b, c] = operands;
    match builtin {
        Builtin::IndexFind => Value::Int(index::find(&a.into_elements(), &b.into_elements(), &c)),
        Builtin::IndexAdd => index::add(a, &b.into_elements()),
        Builtin::IndexRemove => index::remove(a, &b.into_elements(), c.into_int()),
        Builtin::StrByteLen => Value::Int(a.into_str().byte_len() as i64),
        Builtin::StrByte => {
            let string = a.into_str();
            Value::Int(i64::from(string.as_str().as_bytes()[b.into_int() as usize]))
        }
        Builtin::StrCut => Value::Str(text::cut(&a.into_str(), b.into_int() as usize, c.into_int() as usize)),
        Builtin::StrFind => offset(text::find(a.into_str().as_str(), b.into_str().as_str(), c.into_int() as usize)),
        Builtin::StrRfind => offset(text::rfind(a.into_str().as_str(), b.into_str().as_str())),
        Builtin::StrUpper => Value::Str(text::upper(&a.into_str())),
        Builtin::StrLower => Value::Str(text::lower(&a.into_str())),
        Builtin::StrJoin => join(&a.into_elements(), &b.into_str()),
        Builtin::StrFromBytes => match std::str::from_utf8(&octets(&a.into_elements())) {
            Ok(text) => Value::Str(Str::from_str(text)),
            Err(error) => unreachable!("the library promised UTF-8: {error}"),
        },
        Builtin::Utf8Error => offset(text::utf8_error(&octets(&a.into_elements()))),
        Builtin::StrToBytes => {
            let octets = a.into_str().as_str().bytes().map(|octet| Value::Int(i64::from(octet))).collect();
            Value::Array(Parts::new(octets))
        }
        Builtin::TraceLen => Value::Int(trace::len() as i64),
        Builtin::TraceLine => Value::Str(trace::line(a.into_int() as usize)),
        Builtin::ParseInt => Value::Int(number::parse_int(a.into_str().as_str()).unwrap_or(0)),
        Builtin::IsInt => Value::Bool(number::parse_int(a.into_str().as_str()).is_some()),
        Builtin::ParseFloat => Value::Float(number::parse_float(a.into_str().as_str()).unwrap_or(f64::NAN)),
        Builtin::IsFloat => Value::Bool(number::parse_float(a.into_str().as_str()).is_some()),
        Builtin::CharFromInt => {
            let number = a.into_int();
            match u32::try_from(number).ok().and_then(char::from_u32) {
                Some(value) => Value::Char(value),
                None => unreachable!("the library promised a scalar value, found {number}"),
            }
        }
        Builtin::CharToInt => Value::Int(i64::from(u32::from(a.into_char()))),
        Builtin::CharClass => Value::Bool(text::char_class(a.into_char(), b.into_int())),
        Builtin::Entry(entry) => entries::call(entry, [a, b, c]),
        Builtin::FloatBits => Value::Int(a.into_float().to_bits() as i64),
        Builtin::FloatFromBits => Value::Float(f64::from_bits(a.into_int() as u64)),
        Builtin::Print
        | Builtin::Println
        | Builtin::Exit
        | Builtin::MainFailed
        | Builtin::StrLen
        | Builtin::StrIndex
        | Builtin::StrGet
        | Builtin::StrSlice
        | Builtin::ArrayLen
        | Builtin::ArrayGet
        | Builtin::ArrayPush
        | Builtin::ArrayPop
        | Builtin::ArraySlice
        | Builtin::ArrayRepeat
        | Builtin::CellSet
        | Builtin::LiveRetries
        | Builtin::LiveTotalRetries
        | Builtin::LiveTotalExhaustions
        | Builtin::InjectFault => {
            unreachable!("the checker passed wrong operands to {builtin:?}")
        }
    }
}

/// An offset in bytes, -1 for none.
fn offset(at: Option<usize>) -> Value {
    Value::Int(at.map_or(-1, |at| at as i64))
}

fn join(parts: &Parts, separator: &Str) -> Value {
    let mut text = String::new();
    for (at, part) in parts.as_slice().iter().enumerate() {
        let Value::Str(part) = part else { wrong_kind("a string", part) };
        if at > 0 {
            text.push_str(separator.as_str());
        }
        text.push_str(part.as_str());
    }
    Value::Str(Str::from_str(&text))
}

fn octets(elements: &Parts) -> Vec<u8> {
    elements.as_slice().iter().map(|octet| octet.clone().into_int() as u8).collect()
}
