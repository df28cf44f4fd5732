//! The library functions that are built: names, arity, and the types they take.

use crate::infer::ty::{Ty, TyKind};

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
    /// `exit(status)`
    Exit,
}

impl LibFn {
    /// All of them, by name.
    pub const ALL: [LibFn; 7] =
        [LibFn::Exit, LibFn::Len, LibFn::Print, LibFn::Println, LibFn::ToFloat, LibFn::ToInt, LibFn::ToString];

    /// The function of this name.
    pub fn by_name(name: &str) -> Option<LibFn> {
        LibFn::ALL.into_iter().find(|f| f.name() == name)
    }

    /// Their names, for suggestions.
    pub fn names<'n>() -> impl Iterator<Item = &'n str> {
        LibFn::ALL.into_iter().map(|function| function.name())
    }

    /// The string method of this name.
    pub fn string_method(name: &str) -> Option<LibFn> {
        (name == "len").then_some(LibFn::Len)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            LibFn::Print => "print",
            LibFn::Println => "println",
            LibFn::Len => "len",
            LibFn::ToInt => "to_int",
            LibFn::ToFloat => "to_float",
            LibFn::ToString => "to_string",
            LibFn::Exit => "exit",
        }
    }

    /// Its signature, for messages.
    pub fn signature(self) -> &'static str {
        match self {
            LibFn::Print => "fn print(any value) -> void",
            LibFn::Println => "fn println(any value) -> void",
            LibFn::Len => "fn len(string s) -> int",
            LibFn::ToInt => "fn to_int(int or float x) -> int",
            LibFn::ToFloat => "fn to_float(int or float x) -> float",
            LibFn::ToString => "fn to_string(scalar x) -> string",
            LibFn::Exit => "fn exit(int status) -> !",
        }
    }

    /// Fewest and most arguments.
    pub fn arity(self) -> (usize, usize) {
        match self {
            LibFn::Print | LibFn::Println => (0, 1),
            LibFn::Len | LibFn::ToInt | LibFn::ToFloat | LibFn::ToString | LibFn::Exit => (1, 1),
        }
    }

    /// The result.
    pub fn result(self) -> Ty {
        match self {
            LibFn::Print | LibFn::Println => Ty::VOID,
            LibFn::Len | LibFn::ToInt => Ty::INT,
            LibFn::ToFloat => Ty::FLOAT,
            LibFn::ToString => Ty::STR,
            LibFn::Exit => Ty::NEVER,
        }
    }

    /// The type that flows into the argument, where there is only one.
    pub fn param(self) -> Option<Ty> {
        match self {
            LibFn::Exit => Some(Ty::INT),
            LibFn::Print | LibFn::Println | LibFn::Len | LibFn::ToInt | LibFn::ToFloat | LibFn::ToString => None,
        }
    }

    /// What was expected, if an argument of type `kind`, which is known, will not do.
    pub fn reject_arg(self, kind: TyKind) -> Option<&'static str> {
        let (fits, expected) = match self {
            LibFn::Print | LibFn::Println => (true, "any value"),
            LibFn::Len => (kind == TyKind::Str, "string"),
            LibFn::ToInt | LibFn::ToFloat => (matches!(kind, TyKind::Int | TyKind::Float), "int or float"),
            LibFn::ToString => {
                (matches!(kind, TyKind::Int | TyKind::Float | TyKind::Bool | TyKind::Str), "int, float, bool or string")
            }
            LibFn::Exit => (kind == TyKind::Int, "int"),
        };
        (!fits && kind != TyKind::Error).then_some(expected)
    }
}
