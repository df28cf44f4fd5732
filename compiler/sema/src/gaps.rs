//! What the language has and this compiler does not build yet. Every such place gets the error `not supported yet: WHAT`;
//! this file is the only list.

use resilient_base::{Diagnostic, Span, diag::codes};

use crate::infer::nominal::EnumDeclId;
use crate::infer::ty::TyKind;

/// A part of the language that is not built yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap<'n> {
    /// `type N<T> = U;`
    AliasParams,
    /// `newtype`
    Newtype,
    /// `trait`
    Trait,
    /// `impl Tr for T`, `impl<T> Tr for T`
    TraitImpl,
    /// `type Item = T;` in an `impl`
    AssociatedType,
    /// `T: Tr`, `where`
    Bounds,
    /// `mod`
    Module,
    /// `use`
    Import,
    /// `extern`
    Foreign,
    /// A function inside a block.
    LocalFunction,
    /// A declaration inside a block.
    LocalItem,
    /// A struct pattern as parameter of a function with contracts.
    PatternParam,
    /// `fails`, `fail`, `try`.
    CheckedFailure,
    /// `@require_contracts`
    ContractPolicy,
    /// An attribute with an effect.
    Attribute(&'n str),
    /// A built-in type.
    Type(&'n str),
    /// A type form.
    TypeForm,
    /// `static let (a, b) = e` in a function; a tuple of places in another.
    Destructuring,
    /// `defer`
    Defer,
    /// `invariant`
    Invariant,
    /// `for` over something other than a range of ints.
    ForOver,
    /// `live`
    Live,
    /// `unsafe`
    Unsafe,
    /// `forall`, `exists`
    Quantifier,
    /// Closures, and functions as values.
    FunctionValue,
    /// A call of something other than a named function.
    CallOfValue,
    /// `|>`
    Pipe,
    /// `b".."`
    Bytes,
    /// `{k -> v}`
    Map,
    /// `#{a}`
    Set,
    /// `{ x: 1 }`
    Record,
    /// A range as a value.
    RangeValue,
    /// `A::b`
    Path,
    /// A number with a suffix of a type that is not built.
    Suffix(&'n str),
    /// A cast to a type that is not built.
    Cast(&'n str),
    /// A library function.
    Function(&'n str),
    /// A library method.
    Method(&'n str),
}

impl Gap<'_> {
    /// What is not supported, as in the message.
    pub fn text(self) -> String {
        match self {
            Gap::AliasParams => "generic type aliases".into(),
            Gap::Newtype => "newtypes".into(),
            Gap::Trait => "traits".into(),
            Gap::TraitImpl => "implementations of traits".into(),
            Gap::AssociatedType => "associated types".into(),
            Gap::Bounds => "bounds on type parameters".into(),
            Gap::Module => "modules".into(),
            Gap::Import => "imports".into(),
            Gap::Foreign => "foreign functions".into(),
            Gap::LocalFunction => "functions inside blocks".into(),
            Gap::LocalItem => "declarations inside blocks".into(),
            Gap::PatternParam => "patterns as parameters of functions with contracts".into(),
            Gap::CheckedFailure => "checked failures".into(),
            Gap::ContractPolicy => "`@require_contracts`".into(),
            Gap::Attribute(name) => format!("attribute `{name}`"),
            Gap::Type(name) => format!("type `{name}`"),
            Gap::TypeForm => "this form of type".into(),
            Gap::Destructuring => "destructuring of this kind".into(),
            Gap::Defer => "`defer`".into(),
            Gap::Invariant => "loop invariants".into(),
            Gap::ForOver => "`for` over anything but a range of ints".into(),
            Gap::Live => "`live`".into(),
            Gap::Unsafe => "`unsafe`".into(),
            Gap::Quantifier => "quantifiers".into(),
            Gap::FunctionValue => "functions as values".into(),
            Gap::CallOfValue => "calls of function values".into(),
            Gap::Pipe => "`|>`".into(),
            Gap::Bytes => "bytes".into(),
            Gap::Map => "maps".into(),
            Gap::Set => "sets".into(),
            Gap::Record => "anonymous records".into(),
            Gap::RangeValue => "ranges as values".into(),
            Gap::Path => "paths with `::`".into(),
            Gap::Suffix(name) => format!("number suffix `{name}`"),
            Gap::Cast(name) => format!("cast to `{name}`"),
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

/// Whether the types `kind` have a built-in method of this name that is not built yet.
pub fn is_library_method(kind: TyKind, name: &str) -> bool {
    let methods = match kind {
        TyKind::Str => STRING_METHODS,
        TyKind::Array(_) => ARRAY_METHODS,
        TyKind::Enum(EnumDeclId::RESULT, _) => RESULT_METHODS,
        _ => return false,
    };
    methods.binary_search(&name).is_ok()
}

/// Whether `string` has a built-in method of this name, built or not.
pub fn is_string_method(name: &str) -> bool {
    name == "len" || STRING_METHODS.binary_search(&name).is_ok()
}

/// Spellings of built-in types that are not built yet, without their arguments.
pub fn is_builtin_type(name: &str) -> bool {
    BUILTIN_TYPES.binary_search(&name).is_ok()
}

/// Sorted.
const BUILTIN_TYPES: &[&str] =
    &["Any", "Bytes", "Cell", "Map", "Range", "Set", "StringBuilder", "any", "bytes", "map", "range", "set"];

/// Sorted.
#[rustfmt::skip]
const STRING_METHODS: &[&str] = &[
    "chars", "contains", "ends_with", "lines", "repeat", "replace", "reverse", "split", "starts_with", "strip_prefix",
    "strip_suffix", "to_lower", "to_upper", "trim",
];

/// Sorted.
const ARRAY_METHODS: &[&str] = &[
    "all",
    "any",
    "collect",
    "contains",
    "dedup",
    "filter",
    "find",
    "flat_map",
    "flatten",
    "for_each",
    "has",
    "join",
    "map",
    "reduce",
    "reverse",
    "slice",
    "sort",
    "sort_desc",
];

/// Sorted.
const RESULT_METHODS: &[&str] = &["chain", "context", "root_cause"];

/// Sorted.
#[rustfmt::skip]
const LIBRARY_FUNCTIONS: &[&str] = &[
    "StringBuilder_new", "abs", "abs_diff", "acos", "acosh", "arange", "array_abs_int", "array_all", "array_all_eq",
    "array_all_int", "array_any", "array_any_eq", "array_any_int", "array_apply_n", "array_argmax_float",
    "array_argmax_int", "array_argmax_string", "array_argmin_float", "array_argmin_int", "array_argmin_string",
    "array_average", "array_average_float", "array_binary_search", "array_binary_search_float",
    "array_binary_search_string", "array_cartesian_product", "array_cartesian_product_n", "array_chunk", "array_chunks",
    "array_chunks_exact", "array_clamp_int", "array_combinations", "array_concat", "array_concat3", "array_contains",
    "array_count", "array_count_eq", "array_count_if", "array_count_in_range_int", "array_count_int",
    "array_count_runs", "array_cummax_int", "array_cummin_int", "array_cumprod", "array_cumprod_int", "array_cumsum",
    "array_cumsum_int", "array_cycle", "array_dedup", "array_dedup_by", "array_diff", "array_diff_consec_int",
    "array_difference", "array_diffs", "array_dot_int", "array_drop", "array_drop_last", "array_drop_while",
    "array_drop_while_int", "array_ends_with", "array_eq", "array_filter", "array_filter_int", "array_find",
    "array_find_index", "array_first", "array_first_or", "array_flat_map", "array_flat_map_fn", "array_flatten",
    "array_flatten_depth", "array_fold_int", "array_frequency_map", "array_from_fn", "array_get_or", "array_group_by",
    "array_group_by_int", "array_index_of", "array_index_of_all", "array_index_of_last", "array_indices",
    "array_indices_where", "array_init", "array_insert_at", "array_interleave", "array_intersect", "array_intersection",
    "array_intersperse", "array_is_empty", "array_is_sorted", "array_is_sorted_float", "array_is_sorted_string",
    "array_iterate", "array_join", "array_key_by", "array_last", "array_last_or", "array_map", "array_max",
    "array_max_by", "array_max_float", "array_max_or", "array_mean_int", "array_median", "array_median_float",
    "array_median_int", "array_min", "array_min_by", "array_min_float", "array_min_max", "array_min_or",
    "array_mode_int", "array_ne", "array_none", "array_pad_left", "array_pad_right", "array_pairs", "array_partition",
    "array_partition_int", "array_permutations", "array_position", "array_powerset", "array_product",
    "array_product_by", "array_product_float", "array_range", "array_range_float", "array_range_int", "array_reduce",
    "array_remove", "array_remove_all", "array_remove_at", "array_rest", "array_reverse", "array_rotate_left",
    "array_rotate_right", "array_scan", "array_scan_fn", "array_scan_int", "array_set_at", "array_shuffle",
    "array_signum_int", "array_slice", "array_sort", "array_sort_by", "array_sort_by_field", "array_sort_by_field_desc",
    "array_sort_desc", "array_sort_float", "array_sort_string", "array_split_at", "array_starts_with",
    "array_stddev_float", "array_stddev_int", "array_step", "array_sum", "array_sum_by", "array_sum_float",
    "array_sum_squares_int", "array_swap", "array_take", "array_take_last", "array_take_while", "array_take_while_int",
    "array_transpose", "array_union", "array_unique", "array_unzip", "array_variance_float", "array_variance_int",
    "array_window", "array_windows", "array_zip", "array_zip3", "array_zip_with", "array_zip_with_fn",
    "array_zip_with_int", "asin", "asinh", "atan", "atan2", "atanh", "atomic_fetch_add", "atomic_load", "atomic_store",
    "base64_decode", "base64_encode", "binomial", "bit_and", "bit_byte", "bit_clear", "bit_count", "bit_leading_zeros",
    "bit_not", "bit_or", "bit_popcount", "bit_rotate_left", "bit_rotate_right", "bit_set", "bit_set_byte", "bit_shl",
    "bit_shr", "bit_test", "bit_toggle", "bit_trailing_zeros", "bit_xor", "buffer_concat", "buffer_from_array",
    "buffer_from_string", "buffer_get", "buffer_length", "buffer_new", "buffer_slice", "buffer_to_hex",
    "buffer_to_string", "byte_at", "bytes_and", "bytes_concat", "bytes_count_byte", "bytes_drop", "bytes_drop_last",
    "bytes_ends_with", "bytes_eq", "bytes_fill", "bytes_from_hex", "bytes_index_of", "bytes_len", "bytes_not",
    "bytes_or", "bytes_repeat", "bytes_replace_byte", "bytes_reverse", "bytes_slice", "bytes_starts_with",
    "bytes_strip_prefix", "bytes_strip_suffix", "bytes_take", "bytes_take_last", "bytes_to_hex", "bytes_to_string",
    "bytes_xor", "cbrt", "ceil", "ceil_div", "cell", "char_at", "char_is_alpha", "char_is_alphanumeric",
    "char_is_ascii", "char_is_digit", "char_is_lower", "char_is_upper", "char_is_whitespace", "char_to_digit",
    "char_to_int", "char_to_lower", "char_to_upper", "check_cap", "checked_add", "checked_div", "checked_mul",
    "checked_sub", "chr", "clamp", "clear_bit", "clear_events", "clock_elapsed", "clock_ms", "clock_now",
    "collatz_length", "color_blue", "color_bold", "color_cyan", "color_dim", "color_green", "color_magenta",
    "color_red", "color_rgb", "color_strip", "color_underline", "color_yellow", "complex", "complex_abs", "complex_add",
    "complex_arg", "complex_conj", "complex_cos", "complex_div", "complex_exp", "complex_from_polar", "complex_imag",
    "complex_ln", "complex_mul", "complex_norm_sq", "complex_pow_real", "complex_real", "complex_sin", "complex_sqrt",
    "complex_sub", "contains", "convert_char_to_int", "convert_int_to_char", "convert_parse_float", "convert_parse_int",
    "convert_to_bool", "convert_to_float", "convert_to_int", "convert_to_string", "convert_type_of", "copysign", "cos",
    "cosh", "count_digits", "count_ones", "count_zeros", "crc16", "crc16_str", "crc32", "crc32_str",
    "crypto_random_bytes", "crypto_sha256", "crypto_uuid", "csv_format", "csv_format_tsv", "csv_parse", "csv_parse_tsv",
    "datetime_format", "datetime_from_unix", "datetime_now", "datetime_parse", "datetime_to_unix", "dedup",
    "deque_is_empty", "deque_len", "deque_new", "deque_peek_back", "deque_peek_front", "deque_pop_back",
    "deque_pop_front", "deque_push_back", "deque_push_front", "digit_sum", "digit_to_char", "digital_root", "dir_list",
    "div_ceil", "div_euclid", "div_floor", "divisors", "divmod", "drop", "encoding_ascii_codes", "encoding_byte_length",
    "encoding_from_ascii", "encoding_utf8_decode", "encoding_utf8_encode", "encoding_utf8_valid", "ends_with",
    "enumerate", "env", "euler_totient", "event_count", "exec", "exec_shell", "exp", "exp2", "expm1", "factorial",
    "fibonacci", "file_close", "file_exists", "file_is_dir", "file_is_file", "file_open", "file_read",
    "file_read_chunk", "file_seek", "file_size", "file_stat", "file_write", "file_write_chunk", "flatten", "flip_bit",
    "float_approx_eq", "float_classify", "float_from_bits", "float_is_normal", "float_is_subnormal", "float_sign_bit",
    "float_to_bits", "float_total_cmp", "floor", "floor_div", "fmt_bin", "fmt_center", "fmt_format", "fmt_hex",
    "fmt_number", "fmt_oct", "format", "format_float", "format_float_sci", "format_int_width", "from_be_bytes",
    "from_json", "from_le_bytes", "fs_append", "fs_exists", "fs_list", "fs_read", "fs_remove", "fs_write", "gcd",
    "gcd_array", "get_bit", "graph_bfs", "graph_connected_components", "graph_dfs", "graph_dijkstra", "graph_has_path",
    "graph_in_degrees", "graph_is_dag", "graph_num_components", "graph_out_degrees", "graph_reachable", "graph_reverse",
    "graph_topological_sort", "hash_adler32", "hash_bytes", "hash_combine", "hash_crc32", "hash_djb2", "hash_fnv32",
    "hash_fnv64", "hash_int", "hash_string", "hashmap_contains", "hashmap_entries", "hashmap_get", "hashmap_get_or",
    "hashmap_insert", "hashmap_is_empty", "hashmap_keys", "hashmap_len", "hashmap_merge", "hashmap_new",
    "hashmap_remove", "hashmap_values", "heap_is_empty", "heap_len", "heap_new", "heap_new_max", "heap_peek",
    "heap_pop", "heap_push", "hex_decode", "hex_encode", "hex_from_int", "hex_is_valid", "hex_to_int", "hypot",
    "identity", "ilog10", "ilog2", "include_bytes", "include_str", "index_of", "input", "int_from_digits", "int_log",
    "int_log2", "int_max", "int_min", "int_parse_bin", "int_parse_hex", "int_pow", "int_sqrt", "int_to_base",
    "int_to_bin", "int_to_char", "int_to_digits", "int_to_hex", "int_to_oct", "intern", "ipow", "is_ascii",
    "is_ascii_alnum", "is_ascii_alpha", "is_ascii_control", "is_ascii_digit", "is_ascii_hexdigit", "is_ascii_lowercase",
    "is_ascii_punctuation", "is_ascii_uppercase", "is_ascii_whitespace", "is_blank", "is_empty", "is_fibonacci",
    "is_finite", "is_inf", "is_multiple_of", "is_nan", "is_perfect", "is_pow2", "is_power_of_two", "is_prime",
    "is_tuple", "isqrt", "join", "json_decode", "json_encode", "json_encode_pretty", "json_valid", "last_index_of",
    "lcm", "lcm_array", "leading_zeros", "lerp", "linspace", "live_retries", "live_total_exhaustions",
    "live_total_retries", "ln", "ln_1p", "log", "log10", "log2", "log_debug", "log_error", "log_info", "log_trace",
    "log_warn", "logspace", "map_contains_key", "map_entries", "map_filter", "map_for_each", "map_from_pairs",
    "map_get", "map_get_or", "map_insert", "map_invert", "map_is_empty", "map_keys", "map_len", "map_map_values",
    "map_merge", "map_merge_with", "map_new", "map_remove", "map_to_pairs", "map_update_with", "map_values", "mat_add",
    "mat_det", "mat_identity", "mat_inv", "mat_lu", "mat_mul", "mat_norm_frobenius", "mat_rank", "mat_scale",
    "mat_solve", "mat_trace", "mat_transpose", "math_abs", "math_ceil", "math_cos", "math_e", "math_exp", "math_floor",
    "math_hypot", "math_log", "math_log10", "math_log2", "math_max", "math_min", "math_pi", "math_pow", "math_random",
    "math_round", "math_sin", "math_sqrt", "math_tan", "math_tau", "max", "max3", "midpoint", "min", "min3", "mint_cap",
    "modulo", "mul_add", "mutex_lock", "mutex_new", "mutex_try_lock", "mutex_unlock", "net_resolve", "net_url_decode",
    "net_url_encode", "next_multiple_of", "next_pow2", "next_power_of_two", "next_prime", "option_and",
    "option_and_then", "option_filter", "option_map", "option_ok_or", "option_or", "option_or_else", "option_to_result",
    "ord", "os_arch", "os_args", "os_cwd", "os_env", "os_exit", "os_platform", "pad_left", "pad_right", "parse_float",
    "parse_float_or", "parse_int", "parse_int_base", "parse_int_or", "path_basename", "path_dirname", "path_extension",
    "path_is_absolute", "path_join", "path_separator", "path_stem", "path_with_extension", "pow", "pow_int",
    "prime_factors", "primes_up_to", "process_env_vars", "process_exec", "process_pid", "process_set_env",
    "process_which", "quota_charge", "quota_remaining", "quota_reset", "quota_set", "quota_used", "random_bool",
    "random_float", "random_int", "recip", "record_event", "regex_captures", "regex_find", "regex_find_all",
    "regex_match", "regex_replace", "regex_replace_all", "rem_euclid", "remap", "repeat", "replace", "replay_events",
    "result_and", "result_and_then", "result_collect", "result_map", "result_map_err", "result_or", "result_or_else",
    "result_to_option", "result_unwrap_or_err", "reverse", "reverse_bits", "revoke_cap", "rle_decode", "rle_encode",
    "rotate_left", "rotate_left_int", "rotate_right", "rotate_right_int", "round", "round_to", "round_to_int",
    "rwlock_new", "rwlock_read", "rwlock_unlock", "rwlock_write", "saturating_add", "saturating_mul", "saturating_sub",
    "set", "set_bit", "set_difference", "set_from_array", "set_has", "set_insert", "set_intersection",
    "set_is_disjoint", "set_is_empty", "set_is_subset", "set_is_superset", "set_items", "set_len", "set_new",
    "set_remove", "set_symmetric_difference", "set_union", "sha256", "sha256_str", "sha512", "sha512_str", "sign",
    "signum", "sin", "sinh", "slice", "snapshot_clear", "snapshot_keys", "snapshot_load", "snapshot_save", "sort",
    "sort_desc", "split", "sqrt", "stacktrace", "starts_with", "stats_correlation", "stats_covariance",
    "stats_geometric_mean", "stats_harmonic_mean", "stats_histogram", "stats_iqr", "stats_linear_regression",
    "stats_mode_int", "stats_moving_average", "stats_normalize", "stats_percentile", "stats_weighted_mean",
    "stats_zscore", "string_at", "string_byte_at", "string_bytes_len", "string_capitalize", "string_char_at",
    "string_char_count", "string_chars", "string_contains", "string_count", "string_count_char", "string_drop",
    "string_drop_while_char", "string_ends_with", "string_eq_ignore_case", "string_filter_by", "string_filter_char",
    "string_find", "string_find_all", "string_find_char", "string_fold", "string_for_each_char", "string_from_bytes",
    "string_from_chars", "string_indent", "string_index_of", "string_is_empty", "string_join", "string_join_lines",
    "string_lines", "string_lower", "string_map_chars", "string_pad_center", "string_pad_left", "string_pad_right",
    "string_repeat", "string_replace", "string_replace_first", "string_replace_n", "string_reverse", "string_rfind",
    "string_rsplit_once", "string_split", "string_split_at", "string_split_last", "string_split_n", "string_split_once",
    "string_starts_with", "string_strip_prefix", "string_strip_suffix", "string_substring", "string_take",
    "string_take_while_char", "string_to_bytes", "string_trim", "string_trim_end", "string_trim_start",
    "string_truncate", "string_unwords", "string_upper", "string_words", "struct_name", "swap_bytes", "table_format",
    "tag", "tag_of", "tan", "tanh", "testing_assert_eq", "testing_assert_false", "testing_assert_ne",
    "testing_assert_true", "testing_fail", "tick_advance", "tick_now", "time_format", "time_now", "time_seconds",
    "time_sleep", "to_be_bytes", "to_degrees", "to_json", "to_le_bytes", "to_lower", "to_radians", "to_upper",
    "trailing_zeros", "trim", "trim_chars", "trim_end", "trim_end_chars", "trim_start", "trim_start_chars", "trunc",
    "trunc_to_int", "type_of", "unix_time_ms", "unix_time_ns", "unix_time_s", "untag", "url_build", "url_build_query",
    "url_decode_component", "url_encode_component", "url_parse", "url_query_params", "uuid_is_valid", "uuid_nil",
    "uuid_v4", "uuid_version", "vec_add", "vec_cross", "vec_dot", "vec_lerp", "vec_norm", "vec_normalize", "vec_scale",
    "vec_sub", "version", "volatile_read_u16", "volatile_read_u32", "volatile_read_u64", "volatile_read_u8",
    "volatile_write_u16", "volatile_write_u32", "volatile_write_u64", "volatile_write_u8", "wrapping_add",
    "wrapping_mul", "wrapping_sub",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(LIBRARY_FUNCTIONS.is_sorted_by(|a, b| a < b));
        assert!([STRING_METHODS, ARRAY_METHODS, RESULT_METHODS].iter().all(|list| list.is_sorted_by(|a, b| a < b)));
        assert!(BUILTIN_TYPES.is_sorted_by(|a, b| a < b));
        assert!(is_library_function("abs") && !is_library_function("println"));
    }
}
