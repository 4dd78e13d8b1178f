//! What the README and the table of examples show is what the tests of the languages run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn root(file: &str) -> String {
    std::fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// What the README has in fenced blocks of this kind.
fn blocks(readme: &str, kind: &str) -> Vec<String> {
    let fence = format!("```{kind}\n");
    let ends = |rest: &str| rest.split("```").next().unwrap_or_default().to_string();
    readme.split(fence.as_str()).skip(1).map(ends).collect()
}

/// The examples, by the texts that they print.
fn examples() -> BTreeSet<String> {
    let entries = std::fs::read_dir(path("examples/output")).expect("the texts");
    let names = entries.map(|entry| entry.expect("a text").file_name().into_string());
    names.map(|name| name.expect("UTF-8").trim_end_matches(".txt").to_string()).collect()
}

#[test]
fn programs_shown_are_those_that_run() {
    let readme = root("README.md");
    for (kind, file, begins) in [
        ("rust", "examples/rust/src/bin/hello.rs", "use "),
        ("c", "examples/c/hello.c", "#include"),
        ("python", "examples/python/hello.py", "import"),
        ("js", "examples/node/hello.mjs", "import"),
        ("go", "examples/go/hello/main.go", "package main"),
    ] {
        let program = root(file);
        let (head, _) = program.split_once(begins).expect("a program");
        assert_eq!(blocks(&readme, kind), [&program[head.len()..]], "{file}");
    }
}

#[test]
fn table_of_the_demonstration_is_what_it_prints() {
    let text = &blocks(&root("README.md"), "text")[0];
    let printed = root("examples/output/demo.txt");
    let printed: BTreeSet<&str> = printed.lines().collect();
    let mut lines = text.lines();
    assert!(lines.next().is_some_and(|head| head.starts_with("language ")));
    let mut shown = 0;
    for line in lines.by_ref().take_while(|line| *line != "…") {
        let (language, rest) = line.split_at(9);
        assert!(["Rust", "C", "Python", "Node.js", "Go"].contains(&language.trim()), "{line}");
        let (columns, verdict) = rest.rsplit_once(" ms ").expect("a time");
        let columns = columns.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        assert!(printed.contains(format!("{} {verdict}", columns.trim_end()).as_str()), "{line}");
        shown += 1;
    }
    assert!(shown >= 10, "{shown} lines");
    let last = format!("All 5 languages agree on all {} results.", printed.len());
    assert_eq!(lines.next(), Some(last.as_str()));
}

#[test]
fn table_of_examples_is_complete() {
    let table = root("examples/README.md");
    let mut missing = examples();
    for row in table.lines().filter(|line| line.contains("](output/")) {
        let links: Vec<&str> =
            row.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        assert_eq!(links.len(), 6, "{row}");
        for link in &links {
            assert!(path("examples").join(link).is_file(), "{link}");
        }
        let name = links[5].trim_start_matches("output/").trim_end_matches(".txt");
        let stem = |link: &str| link.replace("/main.go", "").replace('_', "-");
        for link in &links[..5] {
            let own = Path::new(&stem(link)).file_stem().map(|stem| stem == name);
            assert_eq!(own, Some(true), "{link} in the row of {name}");
        }
        assert!(missing.remove(name), "{name}");
    }
    assert_eq!(missing.into_iter().collect::<Vec<_>>(), ["demo", "hello"]);
    assert!(root("README.md").contains("](examples/README.md)"));
}

/// The commands shown are among those that `core/tests/cli.rs` runs, which does so in the folder of the guests.
#[test]
fn commands_shown_are_run() {
    let mut run = BTreeSet::new();
    for entry in std::fs::read_dir(path("tests/cli")).expect("the cases") {
        let Ok(case) = std::fs::read_to_string(entry.expect("a case").path()) else { continue };
        let line = |mark| case.lines().find_map(|line| line.strip_prefix(mark));
        let input = line("< ").map(|file| format!(" < {file}")).unwrap_or_default();
        run.extend(line("$ ").map(|command| format!("{command}{input}")));
    }
    let mut shown = 0;
    for block in blocks(&root("README.md"), "sh") {
        for line in block.lines().filter_map(|line| line.strip_prefix("target/release/")) {
            let command = line.split('#').next().unwrap_or_default().trim();
            let command = command.split(" > ").next().unwrap_or_default();
            let command = command.replace("tests/wasm/", "");
            assert!(run.contains(&command), "no case in tests/cli has: {command}");
            shown += 1;
        }
    }
    assert!(shown >= 4, "{shown} commands");
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
