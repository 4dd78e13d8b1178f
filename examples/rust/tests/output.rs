//! The programs print what `examples/output` says, as those of the other languages do.

use std::path::Path;

#[test]
fn examples_in_rust() {
    let folder = Path::new(env!("CARGO_BIN_EXE_hello")).with_file_name("");
    wasmspan_tests::examples::check_all(|name| folder.join(name));
}
