//! What the README shows is what the examples run.

use std::path::Path;

fn root(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn rust_example_is_the_program_that_runs() {
    let readme = root("README.md");
    let shown = readme
        .split("```rust\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("the README has a Rust example");
    let program = root("examples/rust/src/bin/hello.rs");
    let program = program.split_once("\n\n").expect("a header, then the program").1;
    assert_eq!(shown, program);
}

#[test]
fn targets_named_exist() {
    let (readme, makefile) = (root("README.md"), root("Makefile"));
    let words = readme.split_whitespace().zip(readme.split_whitespace().skip(1));
    let targets: Vec<&str> = words
        .filter(|(first, _)| first.trim_start_matches('`') == "make")
        .map(|(_, target)| target.trim_end_matches(['`', ',', '.']))
        .filter(|target| target.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        .collect();
    assert!(targets.contains(&"demo") && targets.contains(&"test"), "{targets:?}");
    for target in targets {
        assert!(makefile.contains(&format!("\n{target}:")), "no target {target}");
    }
}
