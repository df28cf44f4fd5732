//! What the language has and this compiler does not build yet. Every such place gets the error `not supported yet: WHAT`;
//! this file is the only list.

use resilient_base::{Diagnostic, Span, diag::codes};

use crate::infer::size::{MAX_NODES, MAX_PARTS};
use crate::infer::ty::TyKind;

/// A part of the language that is not built yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap<'n> {
    /// `use std::m;`
    LibraryModule(&'n str),
    /// `extern`
    Foreign,
    /// An attribute with an effect.
    Attribute(&'n str),
    /// A deferred call in the `next` of an iterator that assigns to `self`, which the loop gets back.
    DeferredSelf,
    /// Values that consist of too many parts.
    LargeValue,
    /// Types that consist of too many types.
    LargeType,
    /// A library function.
    Function(&'n str),
    /// A library method.
    Method(&'n str),
}

impl Gap<'_> {
    /// What is not supported, as in the message.
    pub fn text(self) -> String {
        match self {
            Gap::LibraryModule(name) => format!("library module `{name}`"),
            Gap::Foreign => "foreign functions".into(),
            Gap::Attribute(name) => format!("attribute `{name}`"),
            Gap::DeferredSelf => "changes of `self` by functions inside a `next` that has deferred calls".into(),
            Gap::LargeValue => format!("values of more than {MAX_PARTS} parts outside arrays"),
            Gap::LargeType => format!("types that consist of more than {MAX_NODES} types"),
            Gap::Function(name) => format!("library function `{name}`"),
            Gap::Method(name) => format!("method `{name}`"),
        }
    }

    /// The error at `span`.
    pub fn at(self, span: Span) -> Diagnostic {
        Diagnostic::error(codes::NOT_SUPPORTED, span, format!("not supported yet: {}", self.text()))
    }
}

/// Whether the library has a function of this name that is not built yet.
pub fn is_library_function(name: &str) -> bool {
    LIBRARY_FUNCTIONS.binary_search(&name).is_ok()
}

/// Whether the library has a module of this name.
pub fn is_library_module(name: &str) -> bool {
    LIBRARY_MODULES.binary_search(&name).is_ok()
}

/// Whether the types `kind` have a built-in method of this name that is not built yet.
pub fn is_library_method(kind: TyKind, name: &str) -> bool {
    let methods = match kind {
        TyKind::Str => STRING_METHODS,
        TyKind::Array(_) => ARRAY_METHODS,
        _ => return false,
    };
    methods.binary_search(&name).is_ok()
}

/// Whether `string` has a built-in method of this name, built or not.
pub fn is_string_method(name: &str) -> bool {
    let is_written = || resilient_library::methods_of("string").any(|method| method == name);
    name == "len" || STRING_METHODS.binary_search(&name).is_ok() || is_written()
}

/// Sorted.
const LIBRARY_MODULES: &[&str] = &["csv", "http", "ini", "json", "regex"];

/// Sorted.
#[rustfmt::skip]
const STRING_METHODS: &[&str] = &[];

/// Sorted.
const ARRAY_METHODS: &[&str] = &[];

/// Sorted.
#[rustfmt::skip]
const LIBRARY_FUNCTIONS: &[&str] = &[
    "array_dedup_by", "array_flatten_depth", "array_sort_by_field", "array_sort_by_field_desc", "atomic_fetch_add",
    "atomic_load", "atomic_store", "check_cap", "clear_events", "crypto_random_bytes", "crypto_uuid", "dir_list",
    "event_count", "exec", "exec_shell", "file_close", "file_open", "file_read_chunk", "file_seek", "file_write_chunk",
    "from_json", "fs_list", "include_bytes", "include_str", "json_decode", "json_valid", "mint_cap", "mutex_lock",
    "mutex_new", "mutex_try_lock", "mutex_unlock", "net_resolve", "os_arch", "os_args", "os_platform",
    "process_env_vars", "process_exec", "process_set_env", "process_which", "quota_charge", "quota_remaining",
    "quota_reset", "quota_set", "quota_used", "record_event", "regex_captures", "regex_find", "regex_find_all",
    "regex_match", "regex_replace", "regex_replace_all", "replay_events", "revoke_cap", "rwlock_new", "rwlock_read",
    "rwlock_unlock", "rwlock_write", "set", "snapshot_clear", "snapshot_keys", "snapshot_load", "snapshot_save",
    "struct_name", "tag", "tag_of", "tick_advance", "tick_now", "untag", "uuid_v4", "version",
    "volatile_read_u16", "volatile_read_u32", "volatile_read_u64", "volatile_read_u8", "volatile_write_u16",
    "volatile_write_u32", "volatile_write_u64", "volatile_write_u8",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(LIBRARY_FUNCTIONS.is_sorted_by(|a, b| a < b));
        assert!([STRING_METHODS, ARRAY_METHODS].iter().all(|list| list.is_sorted_by(|a, b| a < b)));
        assert!(LIBRARY_MODULES.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn nothing_on_the_lists_is_built() {
        let built = |name: &&&str| resilient_library::public_names().any(|other| other == **name);
        assert_eq!(LIBRARY_FUNCTIONS.iter().filter(built).collect::<Vec<_>>(), [""; 0].iter().collect::<Vec<_>>());
        let methods = |head, list: &[&str]| {
            let built = resilient_library::methods_of(head);
            built.filter(|name| list.contains(name)).map(str::to_string).collect::<Vec<_>>()
        };
        assert_eq!(methods("string", STRING_METHODS), [""; 0]);
        assert_eq!(methods("array", ARRAY_METHODS), [""; 0]);
    }
}
