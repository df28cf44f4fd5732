//! Programs in MIR text with function values, cells, maps and texts. They release all they make.

/// Name, text and exit status.
pub const PROGRAMS: &[(&str, &str, i64)] = &[
    ("a cell shared by two closures", SHARED, 1_000_012),
    ("a callback with and without captured variables", CALLBACK, 1_234 + 55_000 + 3 * 1_000_000),
    ("several results through an address", RESULTS, 123_456 + 7),
    ("cells of all types", CELLS, -3 + 250 + 6 + 1_000 + 20_000),
    ("code in block parameters", CODE, 42_024),
    ("the index of a map", INDEX, 2_010_111),
    ("kernels for texts", TEXTS, 3_120_746),
];

/// One closure adds its argument to the cell, the other reads it. A third has a string cell.
const SHARED: &str = r#"
str0 = "ab"
layout0 = (code)
layout1 = (i64)
layout2 = (code, ref)
layout3 = (str)
sig0 = (i64, ref borrowed) -> i64
sig1 = (ref borrowed) -> i64
sig2 = (str, ref borrowed)
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: i64 = iconst 0
    v1: i64 = iconst 3
    v2: ref = box_new layout1 (v0)
    v3: ref = retain v2
    v4: code = func_addr fn1
    v5: code = func_addr fn2
    v6: ref = box_new layout2 (v4, v2)
    v7: ref = box_new layout2 (v5, v3)
    jump block1(v0)
block1(v8: i64):
    v9: code = box_load layout0.0 v6
    v10: i64 = call_indirect sig0 v9 (v8, v6)
    v11: i64 = iconst 1
    v12: i64 = iadd v8, v11
    v13: bool = icmp le v12, v1
    branch v13, block1(v12), block2
block2:
    v14: code = box_load layout0.0 v7
    v15: i64 = call_indirect sig1 v14 (v7)
    release v6
    v16: i64 = call_indirect sig1 v14 (v7)
    release v7
    v17: str = sconst str0
    v18: ref = box_new layout3 (v17)
    v19: code = func_addr fn3
    v20: ref = retain v18
    v21: ref = box_new layout2 (v19, v20)
    v22: code = box_load layout0.0 v21
    v23: str = rt str_from_int(v1)
    call_indirect sig2 v22 (v23, v21)
    v24: i64 = iconst 1234
    v25: str = rt str_from_int(v24)
    call_indirect sig2 v22 (v25, v21)
    v26: str = cell_get layout3.0 v18
    v27: i64 = rt str_len(v26)
    release v26
    release v21
    release v18
    v28: i64 = iconst 142857
    v29: i64 = imul v27, v28
    v30: i64 = iadd v15, v16
    v31: i64 = iadd v30, v29
    v32: i64 = iconst 1
    v33: i64 = iadd v31, v32
    return v33
}
fn1 "add"(i64, ref borrowed) -> i64 {
block0(v0: i64, v1: ref):
    v2: ref = box_peek layout2.1 v1
    v3: i64 = cell_get layout1.0 v2
    v4: i64 = iadd v3, v0
    cell_set layout1.0 v2, v4
    v5: i64 = cell_get layout1.0 v2
    return v5
}
fn2 "get"(ref borrowed) -> i64 {
block0(v0: ref):
    v1: ref = box_load layout2.1 v0
    v2: i64 = cell_get layout1.0 v1
    release v1
    return v2
}
fn3 "append"(str, ref borrowed) {
block0(v0: str, v1: ref):
    v2: ref = box_peek layout2.1 v1
    v3: str = cell_get layout3.0 v2
    v4: str = rt str_concat(v3, v0)
    release v0
    v5: str = cell_replace layout3.0 v2, v4
    release v5
    return
}
"#;

/// Applies function values to numbers; one is an element of an array many times.
const CALLBACK: &str = r#"
layout0 = (code)
layout1 = (code, i64, str)
layout2 = (ref)
sig0 = (i64, ref borrowed) -> i64
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: code = func_addr fn2
    v1: ref = box_new layout0 (v0)
    v2: i64 = iconst 1234
    v3: i64 = call fn1(v2, v1)
    v4: ref = retain v1
    v5: ref = box_new layout0 (v0)
    v6: ref = array_lit layout2 (v1, v4, v5)
    v7: code = func_addr fn3
    v8: i64 = iconst 11
    v9: str = rt str_from_int(v8)
    v10: ref = box_new layout1 (v7, v8, v9)
    v11: i64 = iconst 5000
    v12: i64 = call fn1(v11, v10)
    release v10
    v13: i64 = array_len v6
    v14: i64 = iconst 1
    v15: ref = array_peek layout2.0 v6, v14
    v16: i64 = iconst 1000000
    v17: i64 = imul v13, v16
    v18: i64 = call fn1(v17, v15)
    release v6
    v19: i64 = iadd v3, v12
    v20: i64 = iadd v19, v18
    return v20
}
fn1 "apply"(i64, ref borrowed) -> i64 {
block0(v0: i64, v1: ref):
    v2: code = box_load layout0.0 v1
    v3: i64 = call_indirect sig0 v2 (v0, v1)
    return v3
}
fn2 "same"(i64, ref borrowed) -> i64 {
block0(v0: i64, v1: ref):
    return v0
}
fn3 "times"(i64, ref borrowed) -> i64 {
block0(v0: i64, v1: ref):
    v2: i64 = box_load layout1.1 v1
    v3: str = box_load layout1.2 v1
    v4: i64 = rt str_len(v3)
    release v3
    v5: i64 = imul v0, v2
    return v5
}
"#;

/// More results than there are registers for.
const RESULTS: &str = r#"
layout0 = (code)
sig0 = (i64, ref borrowed) -> (i64, i64, f64, bool, i64, i64, str, i64, i64, i64, i64)
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: code = func_addr fn1
    v1: ref = box_new layout0 (v0)
    v2: i64 = iconst 6
    v3: i64, v4: i64, v5: f64, v6: bool, v7: i64, v8: i64, v9: str, v10: i64, v11: i64, v12: i64, v13: i64 = call_indirect sig0 v0 (v2, v1)
    release v1
    v14: i64 = rt float_to_int(v5) @ file0:1:1
    v15: i64 = rt str_len(v9)
    release v9
    v16: i64 = iadd v3, v4
    v17: i64 = iadd v16, v14
    v18: i64 = iadd v17, v7
    v19: i64 = iadd v18, v8
    v20: i64 = iadd v19, v13
    v21: i64 = iconst 0
    v22: i64 = select v6, v15, v21
    v23: i64 = iadd v20, v22
    return v23
}
fn1 "many"(i64, ref borrowed) -> (i64, i64, f64, bool, i64, i64, str, i64, i64, i64, i64) {
block0(v0: i64, v1: ref):
    v2: i64 = iconst 100000
    v3: i64 = iconst 20000
    v4: f64 = fconst 3000.0
    v5: bool = bconst true
    v6: i64 = iconst 400
    v7: i64 = iconst 50
    v8: i64 = iconst 1234567
    v9: str = rt str_from_int(v8)
    return v2, v3, v4, v5, v6, v7, v9, v0, v0, v0, v0
}
file0 = "a.rz"
"#;

/// Stores to a cell of many leaves; loads see them.
const CELLS: &str = r#"
file0 = "a.rz"
layout0 = (bool, i8, u8, i16, u16, i32, u32, i64, f32, f64, str, ref)
layout1 = (i64)
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: i64 = iconst 0
    v1: bool = bconst false
    v2: f32 = f32const 0.0
    v3: f64 = fconst 0.0
    v4: str = rt str_from_int(v0)
    v5: ref = null
    v6: ref = box_new layout0 (v1, v0, v0, v0, v0, v0, v0, v0, v2, v3, v4, v5)
    v7: bool = bconst true
    cell_set layout0.0 v6, v7
    v8: i64 = iconst 253
    cell_set layout0.1 v6, v8
    v9: i64 = iconst 506
    cell_set layout0.2 v6, v9
    v10: f32 = f32const 2.5
    cell_set layout0.8 v6, v10
    v11: f64 = fconst 3.5
    cell_set layout0.9 v6, v11
    v12: i64 = iconst 12345
    v13: str = rt str_from_int(v12)
    v14: str = cell_replace layout0.10 v6, v13
    release v14
    v15: i64 = iconst 1000
    v16: ref = array_lit layout1 (v15)
    v17: ref = cell_replace layout0.11 v6, v16
    release v17
    v18: i64 = cell_get layout0.1 v6
    v19: i64 = cell_get layout0.2 v6
    v20: f32 = cell_get layout0.8 v6
    v21: f64 = f32_to_float v20
    v22: f64 = cell_get layout0.9 v6
    v23: f64 = fadd v21, v22
    v24: i64 = rt float_to_int(v23) @ file0:1:1
    v25: ref = cell_get layout0.11 v6
    v26: i64 = array_load layout1.0 v25, v0
    release v25
    v27: bool = cell_get layout0.0 v6
    v28: i64 = iconst 20000
    v29: i64 = select v27, v28, v0
    release v6
    v30: i64 = iadd v18, v19
    v31: i64 = iadd v30, v24
    v32: i64 = iadd v31, v26
    v33: i64 = iadd v32, v29
    return v33
}
"#;

/// The address is chosen; it is an argument of the call before too.
const CODE: &str = r#"
sig0 = (i64) -> i64
sig1 = (i64, code) -> i64
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: code = func_addr fn1
    v1: code = func_addr fn2
    v2: i64 = iconst 0
    jump block1(v0, v1, v2, v2)
block1(v3: code, v4: code, v5: i64, v6: i64):
    v7: i64 = iconst 1000
    v8: i64 = imul v6, v7
    v9: code = func_addr fn3
    v10: i64 = iconst 20
    v11: i64 = call_indirect sig1 v9 (v10, v3)
    v12: i64 = call_indirect sig0 v3 (v11)
    v13: i64 = iadd v8, v12
    v14: i64 = iconst 1
    v15: i64 = iadd v5, v14
    v16: bool = icmp lt v5, v14
    branch v16, block1(v4, v3, v15, v13), block2
block2:
    return v13
}
fn1 "double"(i64) -> i64 {
block0(v0: i64):
    v1: i64 = iadd v0, v0
    return v1
}
fn2 "more"(i64) -> i64 {
block0(v0: i64):
    v1: i64 = iconst 2
    v2: i64 = iadd v0, v1
    return v2
}
fn3 "through"(i64, code) -> i64 {
block0(v0: i64, v1: code):
    v2: i64 = iconst 1
    v3: i64 = iadd v0, v2
    v4: i64 = call_indirect sig0 v1 (v2)
    v5: i64 = iconst 2
    v6: i64 = isub v4, v5
    v7: i64 = iadd v3, v6
    return v7
}
"#;

/// Adds 100 keys of 16 bits, finds and removes one; the index of before still finds it.
const INDEX: &str = r#"
layout0 = (u16)
layout1 = (i64)
layout2 = (str)
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: i64 = iconst 0
    v1: i64 = iconst 1
    v2: i64 = iconst 100
    v3: ref = array_lit layout0 ()
    v4: ref = array_lit layout1 ()
    jump block1(v0, v3, v4)
block1(v5: i64, v6: ref, v7: ref):
    v8: bool = icmp lt v5, v2
    branch v8, block2, block3
block2:
    v9: i64 = iconst 300
    v10: i64 = imul v5, v9
    v11: ref = array_push layout0 v6 (v10)
    v12: ref = rt index_add_int(v7, v11)
    v13: i64 = iadd v5, v1
    jump block1(v13, v11, v12)
block3:
    v14: i64 = iconst 3000
    v15: i64 = rt index_find_int(v7, v6, v14)
    v16: ref = retain v7
    v17: ref = rt index_remove_int(v16, v6, v15)
    v18: i64 = rt index_find_int(v7, v6, v14)
    release v7
    v19: i64 = iconst 99
    v20: i64 = array_load layout0.0 v6, v19
    v21: ref = array_unique layout0 v6
    array_store layout0.0 v21, v15, v20
    v22: ref = rt array_pop(v21) @ file0:1:1
    v23: i64 = rt index_find_int(v17, v22, v14)
    v24: i64 = rt index_find_int(v17, v22, v20)
    release v17
    release v22
    v25: ref = array_lit layout2 ()
    v26: str = rt str_from_int(v20)
    v27: ref = array_push layout2 v25 (v26)
    v28: ref = array_lit layout1 ()
    v29: ref = rt index_add_str(v28, v27)
    v30: str = rt str_from_int(v20)
    v31: i64 = rt index_find_str(v29, v27, v30)
    release v30
    v32: ref = rt index_remove_str(v29, v27, v31)
    release v32
    release v27
    v33: i64 = iconst 1000
    v34: i64 = imul v15, v33
    v35: i64 = iadd v34, v18
    v36: i64 = iconst 200000
    v37: i64 = imul v24, v36
    v38: i64 = iadd v37, v35
    v39: i64 = iadd v38, v31
    v40: i64 = isub v39, v23
    v41: i64 = iconst 100
    v42: i64 = iadd v40, v41
    return v42
}
file0 = "a.rz"
"#;

/// Searching, cutting, joining, parsing.
const TEXTS: &str = r#"
str0 = "née 12"
str1 = "e"
str2 = ", "
str3 = "42"
str4 = "2.5"
layout0 = (str)
file0 = "a.rz"
entry fn0
fn0 "main"() -> i64 {
block0:
    v0: i64 = iconst 0
    v1: str = sconst str0
    v2: str = sconst str1
    v3: str = sconst str2
    v4: str = sconst str3
    v5: str = sconst str4
    v6: i64 = rt str_find(v1, v2, v0)
    v7: i64 = rt str_rfind(v1, v2)
    v8: i64 = rt str_byte_len(v1)
    v9: str = rt str_cut(v1, v0, v7)
    v10: str = rt str_upper(v9)
    release v9
    v11: str = rt str_lower(v10)
    v12: ref = array_lit layout0 (v10, v11)
    v13: str = rt str_join(v12, v3)
    release v12
    v14: ref = rt str_to_bytes(v13)
    release v13
    v15: i64 = rt utf8_error(v14)
    v16: str = rt str_from_bytes(v14)
    release v14
    v17: i64 = rt str_len(v16)
    release v16
    v18: i64 = rt parse_int(v4)
    v19: bool = rt is_int(v5)
    v20: f64 = rt parse_float(v5)
    v21: bool = rt is_float(v5)
    v22: i64 = rt float_bits(v20)
    v23: f64 = rt float_from_bits(v22)
    v24: i64 = rt float_to_int(v23) @ file0:1:1
    v25: i64 = iconst 80
    v26: bool = rt char_class(v25, v0)
    v27: i64 = rt str_byte(v1, v0)
    v28: i64 = iconst 1000000
    v29: i64 = imul v7, v28
    v30: i64 = iconst 20000
    v31: i64 = imul v17, v30
    v32: i64 = iadd v29, v31
    v33: i64 = iconst 100
    v34: i64 = imul v8, v33
    v35: i64 = iadd v32, v34
    v36: i64 = iadd v35, v18
    v37: i64 = iadd v36, v24
    v38: i64 = iadd v37, v15
    v39: i64 = iadd v38, v6
    v40: i64 = select v19, v28, v0
    v41: i64 = iadd v39, v40
    v42: i64 = select v21, v0, v28
    v43: i64 = iadd v41, v42
    v44: i64 = select v26, v27, v0
    v45: i64 = iadd v43, v44
    v46: i64 = iconst 110
    v47: i64 = isub v45, v46
    return v47
}
"#;
