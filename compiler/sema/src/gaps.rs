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
    /// A built-in type.
    Type(&'n str),
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
            Gap::Type(name) => format!("type `{name}`"),
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

/// Spellings of built-in types that are not built yet, without their arguments.
pub fn is_builtin_type(name: &str) -> bool {
    BUILTIN_TYPES.binary_search(&name).is_ok()
}

/// Sorted.
const BUILTIN_TYPES: &[&str] = &["StringBuilder"];

/// Sorted.
#[rustfmt::skip]
const LIBRARY_MODULES: &[&str] = &[
    "base64", "bit", "buffer", "collections", "color", "convert", "crypto", "csv", "encoding", "fmt", "fs", "hash",
    "hex", "http", "ini", "iter", "json", "log", "math", "net", "os", "path", "process", "random", "regex", "sort", "string",
    "testing", "time", "url", "uuid",
];

/// Sorted.
#[rustfmt::skip]
const STRING_METHODS: &[&str] = &[];

/// Sorted.
const ARRAY_METHODS: &[&str] = &[];

/// Sorted.
#[rustfmt::skip]
const LIBRARY_FUNCTIONS: &[&str] = &[
    "StringBuilder_new", "acos", "acosh", "arange", "array_abs_int", "array_all_int", "array_any_int", "array_apply_n",
    "array_average", "array_cartesian_product_n", "array_clamp_int", "array_combinations", "array_count_in_range_int",
    "array_count_int", "array_cummax_int", "array_cummin_int", "array_cumprod", "array_cumprod_int", "array_cumsum",
    "array_cumsum_int", "array_cycle", "array_dedup_by", "array_diff_consec_int", "array_diffs", "array_dot_int",
    "array_drop_while_int", "array_filter_int", "array_flatten_depth", "array_fold_int", "array_group_by_int",
    "array_indices_where", "array_mean_int", "array_median_int", "array_mode_int", "array_pad_left", "array_pad_right",
    "array_partition_int", "array_permutations", "array_powerset", "array_range_float", "array_range_int",
    "array_scan_int", "array_shuffle", "array_signum_int", "array_slice", "array_sort_by_field",
    "array_sort_by_field_desc", "array_stddev_float", "array_stddev_int", "array_sum_squares_int",
    "array_take_while_int", "array_transpose", "array_variance_float", "array_variance_int", "array_zip_with_fn",
    "array_zip_with_int", "asin", "asinh", "atan", "atan2", "atanh", "atomic_fetch_add", "atomic_load", "atomic_store",
    "base64_decode", "base64_encode", "binomial", "bit_and", "bit_byte", "bit_clear", "bit_count", "bit_leading_zeros",
    "bit_not", "bit_or", "bit_popcount", "bit_rotate_left", "bit_rotate_right", "bit_set", "bit_set_byte", "bit_shl",
    "bit_shr", "bit_test", "bit_toggle", "bit_trailing_zeros", "bit_xor", "buffer_concat", "buffer_from_array",
    "buffer_from_string", "buffer_get", "buffer_length", "buffer_new", "buffer_slice", "buffer_to_hex",
    "buffer_to_string", "cbrt", "ceil", "ceil_div", "check_cap", "clear_bit", "clear_events", "clock_elapsed",
    "clock_ms", "clock_now", "collatz_length", "color_blue", "color_bold", "color_cyan", "color_dim", "color_green",
    "color_magenta", "color_red", "color_rgb", "color_strip", "color_underline", "color_yellow", "complex",
    "complex_abs", "complex_add", "complex_arg", "complex_conj", "complex_cos", "complex_div", "complex_exp",
    "complex_from_polar", "complex_imag", "complex_ln", "complex_mul", "complex_norm_sq", "complex_pow_real",
    "complex_real", "complex_sin", "complex_sqrt", "complex_sub", "convert_char_to_int", "convert_int_to_char",
    "convert_parse_float", "convert_parse_int", "convert_to_bool", "convert_to_float", "convert_to_int",
    "convert_to_string", "convert_type_of", "copysign", "cos", "cosh", "count_digits", "count_ones", "count_zeros",
    "crc16", "crc16_str", "crc32", "crc32_str", "crypto_random_bytes", "crypto_sha256", "crypto_uuid", "csv_format",
    "csv_format_tsv", "csv_parse", "csv_parse_tsv", "datetime_format", "datetime_from_unix", "datetime_now",
    "datetime_parse", "datetime_to_unix", "digit_sum", "digital_root", "dir_list", "divisors", "encoding_ascii_codes",
    "encoding_byte_length", "encoding_from_ascii", "encoding_utf8_decode", "encoding_utf8_encode",
    "encoding_utf8_valid", "env", "euler_totient", "event_count", "exec", "exec_shell", "exp", "exp2", "expm1",
    "fibonacci", "file_close", "file_exists", "file_is_dir", "file_is_file", "file_open", "file_read",
    "file_read_chunk", "file_seek", "file_size", "file_stat", "file_write", "file_write_chunk", "flip_bit",
    "float_approx_eq", "float_classify", "float_from_bits", "float_is_normal", "float_is_subnormal", "float_sign_bit",
    "float_to_bits", "float_total_cmp", "floor", "floor_div", "fmt_bin", "fmt_center", "fmt_format", "fmt_hex",
    "fmt_number", "fmt_oct", "format_float", "format_float_sci", "format_int_width", "from_json", "fs_append",
    "fs_exists", "fs_list", "fs_read", "fs_remove", "fs_write", "gcd_array", "get_bit", "graph_bfs",
    "graph_connected_components", "graph_dfs", "graph_dijkstra", "graph_has_path", "graph_in_degrees", "graph_is_dag",
    "graph_num_components", "graph_out_degrees", "graph_reachable", "graph_reverse", "graph_topological_sort",
    "hash_adler32", "hash_bytes", "hash_combine", "hash_crc32", "hash_djb2", "hash_fnv32", "hash_fnv64", "hash_int",
    "hash_string", "heap_is_empty", "heap_len", "heap_new", "heap_new_max", "heap_peek", "heap_pop", "heap_push",
    "hex_decode", "hex_encode", "hex_from_int", "hex_is_valid", "hex_to_int", "hypot", "include_bytes", "include_str",
    "input", "int_from_digits", "int_log", "int_log2", "int_parse_bin", "int_parse_hex", "int_pow", "int_sqrt",
    "int_to_base", "int_to_bin", "int_to_digits", "int_to_hex", "int_to_oct", "ipow", "is_ascii_control",
    "is_ascii_punctuation", "is_fibonacci", "is_finite", "is_inf", "is_nan", "is_perfect", "is_pow2", "is_tuple",
    "json_decode", "json_encode", "json_encode_pretty", "json_valid", "lcm", "lcm_array", "leading_zeros", "lerp",
    "linspace", "ln", "ln_1p", "log", "log10", "log2",
    "log_debug", "log_error", "log_info", "log_trace", "log_warn", "logspace", "mat_add", "mat_det", "mat_identity",
    "mat_inv", "mat_lu", "mat_mul", "mat_norm_frobenius", "mat_rank", "mat_scale", "mat_solve", "mat_trace",
    "mat_transpose", "math_abs", "math_ceil", "math_cos", "math_e", "math_exp", "math_floor", "math_hypot", "math_log",
    "math_log10", "math_log2", "math_max", "math_min", "math_pi", "math_pow", "math_random", "math_round", "math_sin",
    "math_sqrt", "math_tan", "math_tau", "max3", "min3", "mint_cap", "mul_add", "mutex_lock", "mutex_new",
    "mutex_try_lock", "mutex_unlock", "net_resolve", "net_url_decode", "net_url_encode", "next_multiple_of",
    "next_pow2", "next_power_of_two", "next_prime", "os_arch", "os_args", "os_cwd", "os_env", "os_exit", "os_platform",
    "parse_int_base", "path_basename", "path_dirname", "path_extension", "path_is_absolute", "path_join",
    "path_separator", "path_stem", "path_with_extension", "pow_int", "prime_factors", "primes_up_to",
    "process_env_vars", "process_exec", "process_pid", "process_set_env", "process_which", "quota_charge",
    "quota_remaining", "quota_reset", "quota_set", "quota_used", "random_bool", "random_float", "random_int", "recip",
    "record_event", "regex_captures", "regex_find", "regex_find_all", "regex_match", "regex_replace",
    "regex_replace_all", "remap", "replay_events", "reverse_bits", "revoke_cap", "rle_decode", "rotate_left",
    "rotate_left_int", "rotate_right", "rotate_right_int", "round", "round_to", "round_to_int", "rwlock_new",
    "rwlock_read", "rwlock_unlock", "rwlock_write", "set", "set_bit", "sha256", "sha256_str", "sha512", "sha512_str",
    "sin", "sinh", "snapshot_clear", "snapshot_keys", "snapshot_load", "snapshot_save", "sqrt",
    "stats_correlation", "stats_covariance", "stats_geometric_mean", "stats_harmonic_mean", "stats_histogram",
    "stats_iqr", "stats_linear_regression", "stats_mode_int", "stats_moving_average", "stats_normalize",
    "stats_percentile", "stats_weighted_mean", "stats_zscore", "string_char_at", "string_char_count", "string_contains",
    "string_count_char", "string_drop_while_char", "string_ends_with", "string_filter_by", "string_filter_char",
    "string_find_char", "string_fold", "string_for_each_char", "string_indent", "string_index_of", "string_is_empty",
    "string_join", "string_lower", "string_map_chars", "string_replace", "string_split_at", "string_starts_with",
    "string_take_while_char", "string_trim", "string_trim_end", "string_trim_start", "string_upper", "struct_name",
    "swap_bytes", "table_format", "tag", "tag_of", "tan", "tanh", "testing_assert_eq", "testing_assert_false",
    "testing_assert_ne", "testing_assert_true", "testing_fail", "tick_advance", "tick_now", "time_format", "time_now",
    "time_seconds", "time_sleep", "to_degrees", "to_json", "to_radians", "trailing_zeros", "trunc", "trunc_to_int",
    "type_of", "unix_time_ms", "unix_time_ns", "unix_time_s", "untag", "url_build", "url_build_query",
    "url_decode_component", "url_encode_component", "url_parse", "url_query_params", "uuid_is_valid", "uuid_nil",
    "uuid_v4", "uuid_version", "vec_add", "vec_cross", "vec_dot", "vec_lerp", "vec_norm", "vec_normalize", "vec_scale",
    "vec_sub", "version", "volatile_read_u16", "volatile_read_u32", "volatile_read_u64", "volatile_read_u8",
    "volatile_write_u16", "volatile_write_u32", "volatile_write_u64", "volatile_write_u8",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(LIBRARY_FUNCTIONS.is_sorted_by(|a, b| a < b));
        assert!([STRING_METHODS, ARRAY_METHODS].iter().all(|list| list.is_sorted_by(|a, b| a < b)));
        assert!(BUILTIN_TYPES.is_sorted_by(|a, b| a < b));
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
