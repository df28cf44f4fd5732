//! What only the library may call: operations of the backends, and faults.
//!
//! Beside those of the table, every runtime entry that takes and gives ints, floats, bools and strings and does not fault is
//! an intrinsic: the library calls the entry `float_sin` as `__float_sin`.

use resilient_abi::{AbiResult, AbiTy, RtFn};

use crate::typed::Builtin;

/// A function that only library code may name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Intrinsic {
    /// `__fault(message)`: raises a fault at the call of the library.
    Fault,
    /// `__quoted(x)`: the display form as inside another value.
    Quoted,
    /// `__format_part(x)`: a value as `format` takes it; see [`Shape::Part`].
    FormatPart,
    /// `__chain(r)`: the messages of an `Err` with context, outermost first; none of any other value.
    Chain,
    /// `__chained(text, chain)`: an `Err` that reads as `text`, with these messages.
    Chained,
    /// `__type_word(x)`: what kind of type its argument has, one word.
    TypeWord,
    /// `__NAME(..)`: see [`Builtin`].
    Builtin(Builtin),
}

/// What stands for a parameter or result of an intrinsic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A type variable, the same one everywhere in the signature.
    Any,
    /// `array<T>` of that variable.
    Array,
    /// `array<u64>`
    Words,
    /// `array<u8>`
    Octets,
    /// `array<string>`
    Strings,
    /// `string`
    Str,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `bool`
    Bool,
    /// `char`
    Char,
    /// `(int, int, float, string)`: a value for `format`. The kind (0 integer, 1 `u64`, 2 float, 3 string, 4 bool, 5 any
    /// other), the integer, the float, the display form; what a kind has no use for is 0.
    Part,
    /// `Result<T, string>` of that variable.
    Outcome,
    /// `!`
    Never,
}

use Shape::{Any, Array, Bool, Char, Float, Int, Never, Octets, Outcome, Part, Str, Strings, Words};

/// Name, function, parameters, result. Sorted by name.
type Row = (&'static str, Intrinsic, &'static [Shape], Shape);

const TABLE: &[Row] = &[
    ("__chain", Intrinsic::Chain, &[Any], Strings),
    ("__chained", Intrinsic::Chained, &[Str, Strings], Outcome),
    ("__char_class", Intrinsic::Builtin(Builtin::CharClass), &[Char, Int], Bool),
    ("__char_from_int", Intrinsic::Builtin(Builtin::CharFromInt), &[Int], Char),
    ("__char_to_int", Intrinsic::Builtin(Builtin::CharToInt), &[Char], Int),
    ("__fault", Intrinsic::Fault, &[Str], Never),
    ("__float_bits", Intrinsic::Builtin(Builtin::FloatBits), &[Float], Int),
    ("__float_from_bits", Intrinsic::Builtin(Builtin::FloatFromBits), &[Int], Float),
    ("__format_part", Intrinsic::FormatPart, &[Any], Part),
    ("__index_add", Intrinsic::Builtin(Builtin::IndexAdd), &[Words, Array], Words),
    ("__index_find", Intrinsic::Builtin(Builtin::IndexFind), &[Words, Array, Any], Int),
    ("__index_remove", Intrinsic::Builtin(Builtin::IndexRemove), &[Words, Array, Int], Words),
    ("__is_float", Intrinsic::Builtin(Builtin::IsFloat), &[Str], Bool),
    ("__is_int", Intrinsic::Builtin(Builtin::IsInt), &[Str], Bool),
    ("__parse_float", Intrinsic::Builtin(Builtin::ParseFloat), &[Str], Float),
    ("__parse_int", Intrinsic::Builtin(Builtin::ParseInt), &[Str], Int),
    ("__quoted", Intrinsic::Quoted, &[Any], Str),
    ("__str_byte", Intrinsic::Builtin(Builtin::StrByte), &[Str, Int], Int),
    ("__str_byte_len", Intrinsic::Builtin(Builtin::StrByteLen), &[Str], Int),
    ("__str_cut", Intrinsic::Builtin(Builtin::StrCut), &[Str, Int, Int], Str),
    ("__str_find", Intrinsic::Builtin(Builtin::StrFind), &[Str, Str, Int], Int),
    ("__str_from_bytes", Intrinsic::Builtin(Builtin::StrFromBytes), &[Octets], Str),
    ("__str_join", Intrinsic::Builtin(Builtin::StrJoin), &[Strings, Str], Str),
    ("__str_lower", Intrinsic::Builtin(Builtin::StrLower), &[Str], Str),
    ("__str_rfind", Intrinsic::Builtin(Builtin::StrRfind), &[Str, Str], Int),
    ("__str_to_bytes", Intrinsic::Builtin(Builtin::StrToBytes), &[Str], Octets),
    ("__str_upper", Intrinsic::Builtin(Builtin::StrUpper), &[Str], Str),
    ("__trace_len", Intrinsic::Builtin(Builtin::TraceLen), &[], Int),
    ("__trace_line", Intrinsic::Builtin(Builtin::TraceLine), &[Int], Str),
    ("__type_word", Intrinsic::TypeWord, &[Any], Str),
    ("__utf8_error", Intrinsic::Builtin(Builtin::Utf8Error), &[Octets], Int),
];

impl Intrinsic {
    /// The intrinsic of this name.
    pub fn by_name(name: &str) -> Option<Intrinsic> {
        match TABLE.binary_search_by(|row| row.0.cmp(name)) {
            Ok(at) => Some(TABLE[at].1),
            Err(_) => {
                let entry = RtFn::from_name(name.strip_prefix("__")?)?;
                entry_shapes(entry).is_some().then_some(Intrinsic::Builtin(Builtin::Entry(entry)))
            }
        }
    }

    /// Its parameters and its result.
    pub fn shapes(self) -> (Vec<Shape>, Shape) {
        if let Intrinsic::Builtin(Builtin::Entry(entry)) = self
            && let Some(shapes) = entry_shapes(entry)
        {
            return shapes;
        }
        let row = TABLE.iter().find(|row| row.1 == self).unwrap_or(&TABLE[0]);
        (row.2.to_vec(), row.3)
    }
}

/// Parameters and result of a runtime entry, if library code may call it.
fn entry_shapes(entry: RtFn) -> Option<(Vec<Shape>, Shape)> {
    let sig = entry.sig();
    let AbiResult::Value(result) = sig.result else { return None };
    let params = sig.params.iter().map(|&param| plain_shape(param)).collect::<Option<Vec<Shape>>>()?;
    // A borrowed string is never a result.
    (!sig.faults).then_some((params, plain_shape(result)?))
}

fn plain_shape(kind: AbiTy) -> Option<Shape> {
    match kind {
        AbiTy::Int => Some(Int),
        AbiTy::Float => Some(Float),
        AbiTy::Bool => Some(Bool),
        AbiTy::Str | AbiTy::OwnedStr => Some(Str),
        AbiTy::Ref | AbiTy::OwnedRef | AbiTy::Layout => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        let shapes = |row: &Row| (row.2.to_vec(), row.3);
        assert!(TABLE.iter().all(|row| Intrinsic::by_name(row.0) == Some(row.1) && row.1.shapes() == shapes(row)));
    }

    #[test]
    fn entries_with_plain_operands_are_intrinsics() {
        let sin = Intrinsic::by_name("__float_sin").expect("there is an entry `float_sin`");
        assert_eq!(sin.shapes(), (vec![Float], Float));
        assert_eq!(Intrinsic::by_name("__array_concat"), None);
        assert_eq!(Intrinsic::by_name("__float_to_int"), None, "it faults");
        assert_eq!(Intrinsic::by_name("float_sin"), None);
    }
}
