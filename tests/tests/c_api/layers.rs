//! The files of the C libraries know each other in one direction only.

use crate::build::root;
use std::collections::{BTreeMap, BTreeSet};

/// Which files of a crate each of its files uses, by what follows `crate::` in them.
fn uses(files: &BTreeMap<String, String>) -> BTreeMap<&str, BTreeSet<&str>> {
    let used_in = |own: &str, text: &str| {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = code.collect::<Vec<_>>().join("\n");
        let parts = code.split("crate::").skip(1).map(str::to_string).collect::<Vec<_>>();
        let names = parts.iter().filter_map(|part| {
            let name = part.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
            files.get_key_value(name).map(|(name, _)| name.as_str())
        });
        names.filter(|name| *name != own).collect()
    };
    files.iter().map(|(name, text)| (name.as_str(), used_in(name, text))).collect()
}

/// The files that can't be put on floors: those of circles, and those that use them.
fn circles(mut uses: BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    loop {
        let left: BTreeSet<&str> = uses.keys().copied().collect();
        let before = uses.len();
        uses.retain(|_, used| used.iter().any(|name| left.contains(name)));
        if uses.len() == before {
            return uses.keys().map(ToString::to_string).collect();
        }
    }
}

#[test]
fn files_of_the_c_libraries_form_no_circle() {
    for folder in ["bindings-c/shared/src", "bindings-c/wasmedge/src"] {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(root().join(folder)).expect(folder) {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_string();
            if path.is_file() && name != "lib" {
                files.insert(name, std::fs::read_to_string(path).expect("a source"));
            }
        }
        assert!(files.len() > 10, "{folder}");
        let circles = circles(uses(&files));
        assert!(circles.is_empty(), "{folder}: in circles, or above them: {circles:?}");
    }
}

#[test]
fn circles_are_found() {
    let file = |name: &str, text: &str| (name.to_string(), text.to_string());
    let files = [file("a", "use crate::b::X;"), file("b", "use crate::c::{Y, Z};"), file("c", "")];
    assert!(circles(uses(&files.into())).is_empty());
    let files =
        [file("a", "use crate::b::X;"), file("b", "crate::c::y()"), file("c", "crate::a::z()")];
    assert_eq!(circles(uses(&files.into())), ["a", "b", "c"]);
}
