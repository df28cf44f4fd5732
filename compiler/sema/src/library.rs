//! The library functions that the compiler knows: what no function of the language could do. The others are in `stdlib`.

use crate::infer::ty::TyKind;
use crate::types::IntTy;

/// A library function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LibFn {
    /// `print(x)`
    Print,
    /// `println(x)`
    Println,
    /// `len(s)`
    Len,
    /// `to_int(x)`
    ToInt,
    /// `to_float(x)`
    ToFloat,
    /// `to_string(x)`
    ToString,
    /// `as_int8(n)` and its kind
    AsInt(IntTy),
    /// `as_f32(x)`
    AsF32,
    /// `as_f64(x)`
    AsF64,
    /// `char_to_string(c)`
    CharToString,
    /// `push(a, v)`
    Push,
    /// `pop(a)`
    Pop,
    /// `array_repeat(v, n)`
    ArrayRepeat,
    /// `live_retries()`
    LiveRetries,
    /// `live_total_retries()`
    LiveTotalRetries,
    /// `live_total_exhaustions()`
    LiveTotalExhaustions,
    /// `exit(status)`
    Exit,
    /// `cell(v)`
    Cell,
    /// `c.get()`
    CellGet,
    /// `c.set(v)`
    CellSet,
}

const fn as_int(bits: u8, signed: bool) -> LibFn {
    LibFn::AsInt(IntTy { bits, signed })
}

/// All functions: the name, the signature for messages, and the fewest and most arguments.
const TABLE: &[(LibFn, &str, &str, usize, usize)] = &[
    (LibFn::ArrayRepeat, "array_repeat", "fn array_repeat<T>(T value, int count) -> array<T>", 2, 2),
    (LibFn::AsF32, "as_f32", "fn as_f32(number x) -> f32", 1, 1),
    (LibFn::AsF64, "as_f64", "fn as_f64(number x) -> float", 1, 1),
    (as_int(16, true), "as_int16", "fn as_int16(int n) -> i16", 1, 1),
    (as_int(32, true), "as_int32", "fn as_int32(int n) -> i32", 1, 1),
    (as_int(64, true), "as_int64", "fn as_int64(int n) -> int", 1, 1),
    (as_int(8, true), "as_int8", "fn as_int8(int n) -> i8", 1, 1),
    (as_int(16, false), "as_uint16", "fn as_uint16(int n) -> u16", 1, 1),
    (as_int(32, false), "as_uint32", "fn as_uint32(int n) -> u32", 1, 1),
    (as_int(64, false), "as_uint64", "fn as_uint64(int n) -> u64", 1, 1),
    (as_int(8, false), "as_uint8", "fn as_uint8(int n) -> u8", 1, 1),
    (LibFn::Cell, "cell", "fn cell<T>(T value) -> Cell<T>", 1, 1),
    (LibFn::CharToString, "char_to_string", "fn char_to_string(char c) -> string", 1, 1),
    (LibFn::Exit, "exit", "fn exit(int status) -> !", 1, 1),
    (LibFn::Len, "len", "fn len(string or array or tuple or Map or Range x) -> int", 1, 1),
    (LibFn::LiveRetries, "live_retries", "fn live_retries() -> int", 0, 0),
    (LibFn::LiveTotalExhaustions, "live_total_exhaustions", "fn live_total_exhaustions() -> int", 0, 0),
    (LibFn::LiveTotalRetries, "live_total_retries", "fn live_total_retries() -> int", 0, 0),
    (LibFn::Pop, "pop", "fn pop<T>(array<T> xs) -> array<T>", 1, 1),
    (LibFn::Print, "print", "fn print(any value) -> void", 0, 1),
    (LibFn::Println, "println", "fn println(any value) -> void", 0, 1),
    (LibFn::Push, "push", "fn push<T>(array<T> xs, T value) -> array<T>", 2, 2),
    (LibFn::ToFloat, "to_float", "fn to_float(number x) -> float", 1, 1),
    (LibFn::ToInt, "to_int", "fn to_int(number x) -> int", 1, 1),
    (LibFn::ToString, "to_string", "fn to_string(scalar or Range x) -> string", 1, 1),
];

/// Functions that are methods only, as in [`TABLE`].
const METHODS: &[(LibFn, &str, &str, usize, usize)] = &[
    (LibFn::CellGet, "get", "fn get<T>(Cell<T> self) -> T", 1, 1),
    (LibFn::CellSet, "set", "fn set<T>(Cell<T> self, T value) -> void", 2, 2),
];

impl LibFn {
    /// The function of this name.
    pub fn by_name(name: &str) -> Option<LibFn> {
        let at = TABLE.binary_search_by(|row| row.1.cmp(name)).ok()?;
        Some(TABLE[at].0)
    }

    /// Their names, for suggestions.
    pub fn names<'n>() -> impl Iterator<Item = &'n str> {
        TABLE.iter().map(|row| row.1)
    }

    /// The built-in method called `name` of the types `kind`.
    pub fn method(kind: TyKind, name: &str) -> Option<LibFn> {
        let function = match (kind, name) {
            (TyKind::Str | TyKind::Array(_), "len") => LibFn::Len,
            (TyKind::Cell(_), "get") => LibFn::CellGet,
            (TyKind::Cell(_), "set") => LibFn::CellSet,
            (TyKind::Array(_), "push") => LibFn::Push,
            (TyKind::Array(_), "pop") => LibFn::Pop,
            _ => return None,
        };
        Some(function)
    }

    /// Names of the built-in methods of the types `kind`, for suggestions.
    pub fn methods_of(kind: TyKind) -> &'static [&'static str] {
        match kind {
            TyKind::Str => &["len"],
            TyKind::Array(_) => &["len", "pop", "push"],
            TyKind::Cell(_) => &["get", "set"],
            _ => &[],
        }
    }

    fn row(self) -> &'static (LibFn, &'static str, &'static str, usize, usize) {
        TABLE.iter().chain(METHODS).find(|row| row.0 == self).unwrap_or(&TABLE[0])
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Its signature, for messages.
    pub fn signature(self) -> &'static str {
        self.row().2
    }

    /// Fewest and most arguments.
    pub fn arity(self) -> (usize, usize) {
        let row = self.row();
        (row.3, row.4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_complete() {
        assert!(TABLE.is_sorted_by(|a, b| a.1 < b.1));
        for row in TABLE {
            assert_eq!(LibFn::by_name(row.1), Some(row.0));
            assert_eq!(row.0.name(), row.1);
        }
    }
}
