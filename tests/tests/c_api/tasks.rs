//! The programs in `examples/c` print what `examples/output` says, as those of the other languages do.

use crate::build::{C, Release, program, root};

#[test]
fn examples_in_c() {
    wasmspan_tests::examples::check_all(|name| {
        program(&root().join(format!("examples/c/{name}.c")), C[0], Release::V0_11, &[])
    });
}
