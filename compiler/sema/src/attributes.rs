//! Attributes other than `cfg`: those that change nothing, those that are not built, and those nobody knows.

use resilient_base::{Diagnostic, Diagnostics};
use resilient_syntax::ast::{AttributeArgs, AttributeStyle, Stmt};

use crate::cfg::Cx;
use crate::gaps::Gap;

/// Reports what is wrong with the attributes of `stmt`.
pub fn check(stmt: &Stmt<'_>, cx: Cx<'_>, diags: &mut Diagnostics) {
    for attr in stmt.attrs.iter().filter(|attr| attr.style == AttributeStyle::Hash) {
        let name = cx.name(attr.name.symbol);
        if matches!(attr.args, AttributeArgs::Cfg(_)) || INERT_ATTRIBUTES.binary_search(&name).is_ok() {
            continue;
        }
        diags.push(if ACTIVE_ATTRIBUTES.contains(&name) {
            Gap::Attribute(name).at(attr.span)
        } else {
            Diagnostic::warning(attr.span, format!("unknown attribute `{name}`"))
        });
    }
}

/// Attributes that change something.
const ACTIVE_ATTRIBUTES: &[&str] = &["atomic", "interrupt", "must_tail_call", "mutual_tail_call", "tail"];

/// Attributes that change nothing. Sorted.
#[rustfmt::skip]
const INERT_ATTRIBUTES: &[&str] = &[
    "ai_review_required", "async_fn", "autopilot", "blame", "const_fn", "crash_only_cert", "deadlock_free",
    "declassify", "dependent", "derive", "format_builtin", "generated", "ghost", "ghost_fn", "intent", "lean_spec",
    "lock_priority", "loop_bound", "mmio", "no_alloc", "no_panic", "noninterference", "overflow_checked", "peripheral",
    "phantom", "power", "property_test", "public", "recursive", "refinement", "row_poly", "secret", "session", "stable",
    "stack", "state_machine", "typestate", "version", "wcet",
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_sorted() {
        assert!(super::INERT_ATTRIBUTES.is_sorted_by(|a, b| a < b));
    }
}
