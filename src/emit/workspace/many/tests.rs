use super::*;

fn item(name: &str, header: Option<&str>, text: &str, mentions: &[&str]) -> Shared {
    Shared {
        header: header.map(str::to_owned),
        item: SharedItem {
            names: vec![name.to_owned()],
            mentions: mentions.iter().map(|&name| name.to_owned()).collect(),
            text: format!("{text}\n"),
            imports: BTreeSet::new(),
            bits: false,
            span: None,
        },
    }
}

fn member(object: &str, shared: Vec<Shared>) -> Member {
    Member {
        object: object.to_owned(),
        shared,
        ..Member::default()
    }
}

fn made(members: &[Member]) -> (BTreeMap<String, String>, Vec<Different>) {
    let headers = ["a.h", "b.h"].map(|name| (PathBuf::from(name), name.replace(".h", "")));
    common(members, &BTreeMap::from(headers))
}

#[test]
fn what_a_header_defines_stands_once() {
    let both = || {
        vec![
            item("Outer", Some("a.h"), "pub struct Outer(Inner);", &["Inner"]),
            item("Inner", Some("b.h"), "pub struct Inner;", &[]),
        ]
    };
    let (files, different) = made(&[member("x", both()), member("y", both())]);
    assert_eq!(
        files["headers/a.rs"],
        "//! What `a.h` defines.\n\nuse super::b::Inner;\n\npub struct Outer(Inner);\n"
    );
    assert_eq!(
        files["headers/b.rs"],
        "//! What `b.h` defines.\n\npub struct Inner;\n"
    );
    for object in ["x", "y"] {
        assert!(
            files[&format!("{object}.rs")].ends_with(
                "pub use crate::headers::a::Outer;\npub use crate::headers::b::Inner;\n"
            )
        );
    }
    assert!(files["lib.rs"].ends_with("pub mod headers;\npub mod x;\npub mod y;\n"));
    assert!(different.is_empty());
}

#[test]
fn what_differs_stays_with_its_object_and_so_does_what_mentions_it() {
    let with = |length: &str| {
        vec![
            item(
                "MAX",
                Some("b.h"),
                &format!("pub const MAX: u32 = {length};"),
                &[],
            ),
            item(
                "Event",
                Some("a.h"),
                "pub struct Event([u8; MAX]);",
                &["MAX"],
            ),
            item("Other", Some("a.h"), "pub struct Other;", &[]),
        ]
    };
    let (files, different) = made(&[member("x", with("1")), member("y", with("2"))]);
    assert!(!files.contains_key("headers/b.rs"));
    assert_eq!(
        files["headers/a.rs"],
        "//! What `a.h` defines.\n\npub struct Other;\n"
    );
    assert!(files["x.rs"].contains("MAX: u32 = 1;") && files["x.rs"].contains("struct Event"));
    assert!(files["y.rs"].contains("MAX: u32 = 2;"));
    let expected = Different {
        header: "b.h".to_owned(),
        name: "MAX".to_owned(),
        objects: vec!["x".to_owned(), "y".to_owned()],
    };
    assert_eq!(different, [expected]);
}

#[test]
fn what_sources_define_themselves_is_told_apart_by_the_object() {
    let own = |text: &str| vec![item("Event", None, text, &[])];
    let (files, different) = made(&[
        member("x", own("pub struct Event(u8);")),
        member("y", own("pub struct Event(u16);")),
        member("z", Vec::new()),
    ]);
    assert!(files["x.rs"].contains("Event(u8)") && files["y.rs"].contains("Event(u16)"));
    assert!(different.is_empty() && !files.contains_key("z.rs"));
}
