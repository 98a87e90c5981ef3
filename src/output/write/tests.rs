use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{Report, Request, Run, Tree, hash, write};

/// A folder, and what is to be in it.
struct Sandbox {
    _temporary: TempDir,
    folder: PathBuf,
    files: BTreeMap<PathBuf, String>,
    own: BTreeMap<String, String>,
    merge: bool,
    force: bool,
}

impl Sandbox {
    fn new(files: &[(&str, &str)]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("out");
        let mut sandbox = Self {
            _temporary: temporary,
            folder,
            files: BTreeMap::new(),
            own: BTreeMap::new(),
            merge: false,
            force: false,
        };
        sandbox.wants(files);
        sandbox
    }

    fn wants(&mut self, files: &[(&str, &str)]) {
        let files = files
            .iter()
            .map(|(path, text)| (PathBuf::from(path), (*text).to_owned()));
        self.files = files.collect();
    }

    fn request(&self) -> Request<'_> {
        Request {
            folder: &self.folder,
            files: &self.files,
            inputs: [("probe.bpf.c".to_owned(), hash(b"int x;"))].into(),
            options: vec!["--name=probe".to_owned()],
            own: &self.own,
            merge: self.merge,
            force: self.force,
        }
    }

    fn run(&self) -> Result<Report, String> {
        write(&self.request()).map_err(|error| error.code.id.to_owned())
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(path)).ok()
    }

    /// Every file and what it holds.
    fn all(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    let path = entry.path();
                    let text = fs::read_to_string(&path).unwrap_or_default();
                    found.insert(path.strip_prefix(&self.folder).unwrap().to_owned(), text);
                }
            }
        }
        found
    }
}

const TWO: &[(&str, &str)] = &[
    ("Cargo.toml", "[workspace]\n"),
    ("a/src/main.rs", "fn main() {}\n"),
];

fn paths(paths: &[&str]) -> Vec<PathBuf> {
    paths.iter().map(PathBuf::from).collect()
}

#[test]
fn a_new_folder_is_made() {
    let sandbox = Sandbox::new(TWO);
    let report = sandbox.run().unwrap();
    assert_eq!(report.written, paths(&["Cargo.toml", "a/src/main.rs"]));
    assert_eq!(
        sandbox.text("a/src/main.rs").as_deref(),
        Some("fn main() {}\n")
    );
    let names: Vec<PathBuf> = sandbox.all().into_keys().collect();
    assert_eq!(
        names,
        paths(&[
            ".c2aya/base/Cargo.toml",
            ".c2aya/base/a/src/main.rs",
            ".c2aya/manifest.json",
            "Cargo.toml",
            "a/src/main.rs",
        ])
    );
}

#[test]
fn an_empty_folder_is_taken() {
    let sandbox = Sandbox::new(TWO);
    fs::create_dir(&sandbox.folder).unwrap();
    assert!(sandbox.run().is_ok());
}

#[test]
fn a_folder_of_somebody_elses_is_refused() {
    let mut sandbox = Sandbox::new(TWO);
    sandbox.put("notes.txt", "mine");
    assert_eq!(sandbox.run().unwrap_err(), "E0510");
    sandbox.force = true;
    assert_eq!(sandbox.run().unwrap_err(), "E0510");
    assert_eq!(sandbox.all().len(), 1);
}

#[test]
fn the_same_input_gives_the_same_bytes_and_no_writes() {
    let (one, two) = (Sandbox::new(TWO), Sandbox::new(TWO));
    one.run().unwrap();
    two.run().unwrap();
    assert_eq!(one.all(), two.all());
    let modified = |sandbox: &Sandbox| {
        let path = sandbox.folder.join(".c2aya/manifest.json");
        fs::metadata(path).unwrap().modified().unwrap()
    };
    let before = modified(&one);
    let report = one.run().unwrap();
    assert_eq!(report.unchanged, paths(&["Cargo.toml", "a/src/main.rs"]));
    assert_eq!((report.written.len(), modified(&one)), (0, before));
}

#[test]
fn what_nobody_touched_is_replaced() {
    let mut sandbox = Sandbox::new(TWO);
    sandbox.run().unwrap();
    sandbox.wants(&[
        ("Cargo.toml", "[workspace]\n"),
        ("a/src/main.rs", "fn main() { new(); }\n"),
    ]);
    let report = sandbox.run().unwrap();
    assert_eq!(report.written, paths(&["a/src/main.rs"]));
    assert_eq!(report.unchanged, paths(&["Cargo.toml"]));
    let base = sandbox.text(".c2aya/base/a/src/main.rs");
    assert_eq!(base.as_deref(), Some("fn main() { new(); }\n"));
}

#[test]
fn an_edited_file_is_kept_until_forced() {
    let mut sandbox = Sandbox::new(TWO);
    sandbox.run().unwrap();
    sandbox.put("a/src/main.rs", "edited");
    sandbox.wants(&[("Cargo.toml", "[workspace]\n"), ("a/src/main.rs", "new")]);
    for _ in 0..2 {
        let report = sandbox.run().unwrap();
        assert_eq!(report.kept, paths(&["a/src/main.rs"]));
        assert_eq!(report.diagnostics[0].code.id, "W0510");
        assert_eq!(sandbox.text("a/src/main.rs").as_deref(), Some("edited"));
        // What it was edited from.
        let base = sandbox.text(".c2aya/base/a/src/main.rs");
        assert_eq!(base.as_deref(), Some("fn main() {}\n"));
    }
    sandbox.force = true;
    let report = sandbox.run().unwrap();
    assert_eq!(report.written, paths(&["a/src/main.rs"]));
    assert_eq!(sandbox.text("a/src/main.rs").as_deref(), Some("new"));
}

#[test]
fn a_file_that_was_deleted_comes_back() {
    let sandbox = Sandbox::new(TWO);
    sandbox.run().unwrap();
    fs::remove_file(sandbox.folder.join("Cargo.toml")).unwrap();
    assert_eq!(sandbox.run().unwrap().written, paths(&["Cargo.toml"]));
}

#[test]
fn the_users_own_files_are_left_alone() {
    let mut sandbox = Sandbox::new(TWO);
    sandbox.run().unwrap();
    sandbox.put("target/debug/x", "built");
    sandbox.put(".git/HEAD", "ref");
    sandbox.put("a/src/own.rs", "mine");
    sandbox.wants(&[("Cargo.toml", "[workspace]\n"), ("a/src/own.rs", "theirs")]);
    let report = sandbox.run().unwrap();
    assert_eq!(report.kept, paths(&["a/src/own.rs"]));
    assert_eq!(report.diagnostics[0].code.id, "W0511");
    for (path, text) in [
        ("target/debug/x", "built"),
        (".git/HEAD", "ref"),
        ("a/src/own.rs", "mine"),
    ] {
        assert_eq!(sandbox.text(path).as_deref(), Some(text));
    }
    // It doesn't become c2aya's by being in the way.
    let manifest = sandbox.text(".c2aya/manifest.json").unwrap();
    assert!(!manifest.contains("own.rs"));
    sandbox.wants(&[("Cargo.toml", "[workspace]\n")]);
    sandbox.run().unwrap();
    assert_eq!(sandbox.text("a/src/own.rs").as_deref(), Some("mine"));
}

#[test]
fn what_is_generated_no_more_goes_unless_edited() {
    let mut sandbox = Sandbox::new(&[("a/x.rs", "x"), ("b/y.rs", "y"), ("z.rs", "z")]);
    sandbox.run().unwrap();
    sandbox.put("z.rs", "edited");
    sandbox.wants(&[("a/x.rs", "x")]);
    let report = sandbox.run().unwrap();
    assert_eq!(
        (report.removed, report.kept),
        (paths(&["b/y.rs"]), paths(&["z.rs"]))
    );
    assert!(!sandbox.folder.join("b").exists());
    assert!(!sandbox.folder.join(".c2aya/base/b").exists());
    assert_eq!(sandbox.text("z.rs").as_deref(), Some("edited"));
}

/// Runs up to a point, as if the machine had stopped there.
fn cut_off(sandbox: &Sandbox, moved: usize) {
    let tree = Tree::open(&sandbox.folder).unwrap();
    let request = sandbox.request();
    let run = Run::prepare(&tree, &request).unwrap();
    run.stage(&request).unwrap();
    run.commit(moved).unwrap();
}

#[test]
fn a_run_that_was_cut_off_is_finished_by_the_next() {
    for moved in 0..4 {
        let sandbox = Sandbox::new(TWO);
        cut_off(&sandbox, moved);
        assert!(sandbox.text(".c2aya/manifest.json").is_none());
        sandbox.run().unwrap();
        let whole = Sandbox::new(TWO);
        whole.run().unwrap();
        assert_eq!(sandbox.all(), whole.all(), "{moved}");
    }
}

#[test]
fn an_update_that_was_cut_off_is_finished_by_any_other() {
    let mut sandbox = Sandbox::new(TWO);
    sandbox.run().unwrap();
    sandbox.wants(&[("Cargo.toml", "second"), ("a/src/main.rs", "second")]);
    cut_off(&sandbox, 1);
    sandbox.wants(&[("Cargo.toml", "third"), ("a/src/main.rs", "third")]);
    let report = sandbox.run().unwrap();
    assert_eq!(report.kept, paths(&[]));
    assert_eq!(sandbox.text("Cargo.toml").as_deref(), Some("third"));
    assert!(sandbox.text(".c2aya/journal.json").is_none());
}

#[test]
fn a_run_that_was_cut_off_before_its_journal_left_nothing() {
    let sandbox = Sandbox::new(TWO);
    sandbox.put(".c2aya/new/0", "half");
    fs::create_dir_all(sandbox.folder.join("a/src")).unwrap();
    sandbox.run().unwrap();
    assert!(!sandbox.folder.join(".c2aya/new").exists());
}

#[test]
fn an_unreadable_manifest_stops_everything() {
    for text in [
        "{",
        "{\"version\": 9, \"generator\": \"\", \"options\": [], \"inputs\": {}, \"files\": {}}",
    ] {
        let sandbox = Sandbox::new(TWO);
        sandbox.run().unwrap();
        sandbox.put(".c2aya/manifest.json", text);
        sandbox.put("Cargo.toml", "edited");
        assert_eq!(sandbox.run().unwrap_err(), "E0512");
        assert_eq!(sandbox.text("Cargo.toml").as_deref(), Some("edited"));
    }
}

#[test]
fn a_file_in_place_of_the_folder_is_refused() {
    let sandbox = Sandbox::new(TWO);
    fs::write(&sandbox.folder, "a file").unwrap();
    assert_eq!(sandbox.run().unwrap_err(), "E0511");
}

#[test]
fn what_cant_be_written_leaves_all_as_it_was() {
    let mut sandbox = Sandbox::new(TWO);
    sandbox.run().unwrap();
    let before = sandbox.all();
    // A folder can't be made where a file stands, whoever asks.
    sandbox.wants(&[
        ("Cargo.toml", "new"),
        ("Cargo.toml.d/x", "new"),
        ("b/x", "new"),
    ]);
    sandbox.put("b", "a file");
    assert_eq!(sandbox.run().unwrap_err(), "E0511");
    fs::remove_file(sandbox.folder.join("b")).unwrap();
    assert_eq!(sandbox.all(), before);
}

#[test]
fn paths_stay_in_the_folder() {
    for path in ["../x", "/x", "a/../../x", ".c2aya/manifest.json", ""] {
        assert_eq!(
            Sandbox::new(&[(path, "")]).run().unwrap_err(),
            "E0513",
            "{path}"
        );
    }
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_folder_may_be_one() {
        let sandbox = Sandbox::new(TWO);
        let real = sandbox.folder.with_file_name("real");
        fs::create_dir(&real).unwrap();
        symlink(&real, &sandbox.folder).unwrap();
        sandbox.run().unwrap();
        assert!(real.join("Cargo.toml").is_file());
    }

    #[test]
    fn a_link_in_place_of_a_file_is_kept() {
        let mut sandbox = Sandbox::new(TWO);
        sandbox.run().unwrap();
        let (file, elsewhere) = (
            sandbox.folder.join("Cargo.toml"),
            sandbox.folder.with_file_name("else"),
        );
        fs::write(&elsewhere, "precious").unwrap();
        fs::remove_file(&file).unwrap();
        symlink(&elsewhere, &file).unwrap();
        assert_eq!(sandbox.run().unwrap().kept, paths(&["Cargo.toml"]));
        sandbox.force = true;
        sandbox.run().unwrap();
        // The link is replaced, not what it leads to.
        assert_eq!(fs::read_to_string(elsewhere).unwrap(), "precious");
        assert!(fs::symlink_metadata(file).unwrap().is_file());
    }

    #[test]
    fn a_link_in_place_of_a_folder_is_refused() {
        let mut sandbox = Sandbox::new(TWO);
        sandbox.run().unwrap();
        let elsewhere = sandbox.folder.with_file_name("else");
        fs::create_dir(&elsewhere).unwrap();
        fs::remove_dir_all(sandbox.folder.join("a")).unwrap();
        symlink(&elsewhere, sandbox.folder.join("a")).unwrap();
        sandbox.force = true;
        assert_eq!(sandbox.run().unwrap_err(), "E0513");
        assert!(Path::new(&elsewhere).read_dir().unwrap().next().is_none());
    }
}

/// What an edited file becomes once a new version of it is generated, and what waits beside it.
mod merge {
    use super::*;

    const OLD: &str = "one\ntwo\nthree\nfour\nfive\nsix\n";
    const EDITED: &str = "ONE\ntwo\nthree\nfour\nfive\nsix\n";
    const FITS: &str = "one\ntwo\nthree\nfour\nfive\nSIX\n";
    const DIFFERS: &str = "uno\ntwo\nthree\nfour\nfive\nsix\n";
    const BOTH: &str = "ONE\ntwo\nthree\nfour\nfive\nSIX\n";

    fn edited() -> Sandbox {
        let mut sandbox = Sandbox::new(&[("a.rs", OLD), ("b.rs", "b\n")]);
        sandbox.merge = true;
        sandbox.run().unwrap();
        sandbox.put("a.rs", EDITED);
        sandbox
    }

    fn base(sandbox: &Sandbox) -> Option<String> {
        let (manifest, _) = super::super::manifest(&sandbox.folder).unwrap();
        super::super::base(&sandbox.folder, &manifest.unwrap(), "a.rs")
    }

    #[test]
    fn an_edit_stays_where_nothing_is_new() {
        let sandbox = edited();
        let report = sandbox.run().unwrap();
        assert_eq!(
            (report.edited, report.merged),
            (paths(&["a.rs"]), paths(&[]))
        );
        assert!(report.diagnostics.is_empty());
        assert_eq!(sandbox.text("a.rs").as_deref(), Some(EDITED));
    }

    #[test]
    fn what_fits_is_merged() {
        let mut sandbox = edited();
        sandbox.wants(&[("a.rs", FITS)]);
        let report = sandbox.run().unwrap();
        assert_eq!(report.merged, paths(&["a.rs"]));
        assert_eq!(sandbox.text("a.rs").as_deref(), Some(BOTH));
        assert_eq!(base(&sandbox).as_deref(), Some(FITS));
        let before = sandbox.all();
        assert_eq!(sandbox.run().unwrap().edited, paths(&["a.rs"]));
        assert_eq!(sandbox.all(), before);
    }

    #[test]
    fn what_does_not_fit_waits_beside_until_it_is_removed() {
        let mut sandbox = edited();
        sandbox.wants(&[("a.rs", DIFFERS)]);
        for _ in 0..2 {
            let report = sandbox.run().unwrap();
            assert_eq!(report.conflicts, paths(&["a.rs"]));
            assert_eq!(report.diagnostics[0].code, super::super::CONFLICT);
            assert_eq!(sandbox.text("a.rs").as_deref(), Some(EDITED));
            assert_eq!(sandbox.text("a.rs.new").as_deref(), Some(DIFFERS));
            assert_eq!(base(&sandbox).as_deref(), Some(DIFFERS));
        }
        // Another version replaces the one that waits.
        let other = DIFFERS.replace("six", "SIX");
        sandbox.wants(&[("a.rs", &other)]);
        assert_eq!(sandbox.run().unwrap().conflicts, paths(&["a.rs"]));
        assert_eq!(sandbox.text("a.rs.new").as_deref(), Some(other.as_str()));
        // Somebody puts both together.
        sandbox.put("a.rs", "both\n");
        fs::remove_file(sandbox.folder.join("a.rs.new")).unwrap();
        let report = sandbox.run().unwrap();
        assert_eq!(
            (report.conflicts, report.edited),
            (paths(&[]), paths(&["a.rs"]))
        );
        assert_eq!(sandbox.text("a.rs").as_deref(), Some("both\n"));
        assert!(!sandbox.folder.join(".c2aya/pending").exists());
        assert_eq!(base(&sandbox).as_deref(), Some(other.as_str()));
    }

    #[test]
    fn what_waited_goes_once_it_fits() {
        let mut sandbox = edited();
        sandbox.wants(&[("a.rs", DIFFERS)]);
        sandbox.run().unwrap();
        sandbox.put("a.rs", DIFFERS);
        sandbox.run().unwrap();
        assert_eq!(sandbox.text("a.rs.new"), None);
    }

    #[test]
    fn a_merge_that_was_cut_off_anywhere_is_finished() {
        for moved in 0..4 {
            let mut sandbox = edited();
            sandbox.wants(&[("a.rs", FITS), ("b.rs", "c\n")]);
            cut_off(&sandbox, moved);
            sandbox.run().unwrap();
            assert_eq!(sandbox.text("a.rs").as_deref(), Some(BOTH), "{moved}");
            assert_eq!(base(&sandbox).as_deref(), Some(FITS), "{moved}");
            assert_eq!(sandbox.text("b.rs").as_deref(), Some("c\n"), "{moved}");
        }
    }

    #[test]
    fn without_its_base_an_edit_is_a_conflict() {
        let mut sandbox = edited();
        sandbox.put(".c2aya/base/a.rs", "");
        sandbox.wants(&[("a.rs", FITS)]);
        assert_eq!(sandbox.run().unwrap().conflicts, paths(&["a.rs"]));
        assert_eq!(sandbox.text("a.rs").as_deref(), Some(EDITED));
    }
}

#[test]
fn own_files_are_written_with_the_others() {
    let mut sandbox = Sandbox::new(TWO);
    sandbox.own.insert("state.json".to_owned(), "1".to_owned());
    sandbox.run().unwrap();
    assert_eq!(sandbox.text(".c2aya/state.json").as_deref(), Some("1"));
    sandbox.own.insert("state.json".to_owned(), "2".to_owned());
    sandbox.run().unwrap();
    assert_eq!(sandbox.text(".c2aya/state.json").as_deref(), Some("2"));
}

#[test]
fn one_run_at_a_time() {
    let sandbox = Sandbox::new(TWO);
    sandbox.run().unwrap();
    let folder = fs::File::open(&sandbox.folder).unwrap();
    folder.lock().unwrap();
    assert_eq!(sandbox.run().unwrap_err(), "E0514");
    drop(folder);
    sandbox.run().unwrap();
}
