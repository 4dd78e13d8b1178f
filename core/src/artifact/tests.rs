//! What comes back whole, and what is refused with which reason.

use super::{Artifact, BUILD, Identity, decode, encode, hash};
use crate::abi::{CodeBlob, OffsetTable, StubCode, StubKind, Target};
use crate::config::{CodeKind, Config, Proposals, TrapMode};
use std::sync::Arc;

fn host() -> Target {
    Target { triple: "here".into(), features: vec!["has_sse41".into(), "has_avx".into()] }
}

fn identity() -> Identity {
    Identity {
        build: BUILD.into(),
        target: host(),
        kind: CodeKind::of(&Config::default(), TrapMode::Checks),
        proposals: Proposals::finished(),
        source: [7; 32],
    }
}

fn code() -> CodeBlob {
    CodeBlob {
        text: (0..100).collect::<Vec<u8>>().into(),
        entries: vec![0, 48],
        starts: vec![(0, 0), (48, 1)],
        traps: OffsetTable::from_iter([(3, 2), (50, 8)]),
        sites: OffsetTable::from_iter([(0, 40), (10, 44), (48, 90)]),
        stubs: vec![
            StubCode { type_index: 0, kind: StubKind::Entry, text: vec![1, 2, 3] },
            StubCode { type_index: 3, kind: StubKind::Exit, text: vec![4] },
        ],
    }
}

fn decoded(bytes: &[u8], host: &Target) -> Result<Artifact, String> {
    let file: Arc<[u8]> = bytes.into();
    decode(&file, &file, host)
}

fn reason(identity: &Identity, code: &CodeBlob) -> String {
    decoded(&encode(identity, code), &host()).expect_err("refused")
}

#[test]
fn everything_comes_back() {
    let artifact = decoded(&encode(&identity(), &code()), &host()).expect("fits");
    assert_eq!(artifact.identity, identity());
    assert_eq!(*artifact.code.text, *code().text);
    assert_eq!(artifact.code.entries, code().entries);
    assert_eq!(artifact.code.starts, code().starts);
    assert_eq!(artifact.code.traps, code().traps);
    assert_eq!(artifact.code.sites, code().sites);
    assert_eq!(artifact.code.stubs, code().stubs);
}

#[test]
fn refusals_name_the_difference() {
    let other = Identity { build: "0.0.9+0".into(), ..identity() };
    let text = reason(&other, &code());
    assert!(text.contains("0.0.9+0") && text.contains(BUILD), "{text}");

    let target = Target { triple: "elsewhere".into(), ..host() };
    let text = reason(&Identity { target, ..identity() }, &code());
    assert!(text.contains("elsewhere") && text.contains("here"), "{text}");

    let features = vec!["has_sse41".into(), "has_avx512".into()];
    let target = Target { features, ..host() };
    let text = reason(&Identity { target, ..identity() }, &code());
    assert_eq!(text, "this processor lacks avx512");

    // Code that needs less than the processor has is welcome.
    let target = Target { features: vec!["has_sse41".into()], ..host() };
    assert!(decoded(&encode(&Identity { target, ..identity() }, &code()), &host()).is_ok());
}

#[test]
fn other_formats_are_refused_by_their_number() {
    let mut bytes = encode(&identity(), &code());
    bytes[8] = 200;
    let content = bytes.len() - 32;
    let seal = hash(&bytes[..content]);
    bytes[content..].copy_from_slice(&seal);
    assert!(decoded(&bytes, &host()).expect_err("refused").contains("format 200"));
}

#[test]
fn tables_that_do_not_fit_the_code_are_refused() {
    for wrong in [
        CodeBlob { entries: vec![0, 100], ..code() },
        CodeBlob { starts: vec![(0, 2)], ..code() },
        CodeBlob { starts: vec![(48, 1), (0, 0)], ..code() },
        CodeBlob { starts: vec![(200, 0)], ..code() },
    ] {
        assert_eq!(reason(&identity(), &wrong), "it is damaged");
    }
}

#[test]
fn no_bytes_with_a_right_hash_make_it_panic() {
    let good = encode(&identity(), &code());
    let content = good.len() - 32;
    let seal = |mut bytes: Vec<u8>| {
        let seal = hash(&bytes);
        bytes.extend_from_slice(&seal);
        bytes
    };
    for at in 0..content {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bytes = good[..content].to_vec();
            bytes[at] = value;
            let _ = decoded(&seal(bytes), &host());
        }
        assert!(decoded(&seal(good[..at].to_vec()), &host()).is_err(), "{at} bytes");
    }
}
