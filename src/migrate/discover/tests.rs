use super::*;

const PROBE: &str = "SEC(\"ksyscall/read\")\nint BPF_KSYSCALL(a, int fd) { return 0; }\n";

struct Repository(tempfile::TempDir);

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn find<'a>(&'a self, change: impl FnOnce(&mut Search<'a>)) -> Found {
        let mut search = Search {
            repository: self.0.path(),
            output: None,
            include: &[],
            exclude: &[],
            all_bpf: false,
            jobs: 2,
        };
        change(&mut search);
        discover(&search).unwrap()
    }

    fn sources(&self) -> Vec<String> {
        names(&self.find(|_| {}).sources)
    }
}

fn names(sources: &[Source]) -> Vec<String> {
    let path = |source: &Source| source.path.to_str().unwrap().to_owned();
    sources.iter().map(path).collect()
}

#[test]
fn sources_are_known_by_name_or_by_what_is_in_them() {
    let program = "SEC(\"xdp\") int f(void) { return 0; }";
    let repository = Repository::new(&[
        ("a.bpf.c", ""),
        ("b_kern.c", program),
        ("empty_kern.c", "int x;"),
        ("c.c", PROBE),
        ("d.c", program),
        (
            "maps.c",
            "struct x y SEC(\".maps\"); char l[] SEC(\"license\") = \"\";",
        ),
        ("user.c", "int main(void) { return 0; }"),
        ("far/user.c", "int main(void) { return 0; }"),
        ("programs.h", program),
        ("e.c", "#define LOOPS 4\n# include \"programs.h\"\n"),
        ("f_kern.c", "#include \"programs.h\"\n"),
    ]);
    assert_eq!(
        repository.sources(),
        ["a.bpf.c", "b_kern.c", "c.c", "f_kern.c"]
    );
    assert_eq!(names(&repository.find(|_| {}).left_out), ["d.c"]);
    let found = repository.find(|search| search.all_bpf = true);
    assert_eq!(
        names(&found.sources),
        ["a.bpf.c", "b_kern.c", "c.c", "d.c", "e.c", "f_kern.c"]
    );
    let left_out = ["empty_kern.c", "maps.c", "user.c"];
    assert_eq!(names(&found.left_out), left_out);
}

#[test]
fn what_git_ignores_and_what_c2aya_wrote_is_no_source() {
    let repository = Repository::new(&[
        (".gitignore", "/build\n*.gen.bpf.c\n"),
        ("a.bpf.c", PROBE),
        ("b.gen.bpf.c", PROBE),
        ("build/c.bpf.c", PROBE),
        ("out/d.bpf.c", PROBE),
        ("port/.c2aya/manifest.json", "{}"),
        ("port/e.bpf.c", PROBE),
    ]);
    let output = repository.0.path().join("out");
    let search = Search {
        repository: repository.0.path(),
        output: Some(&output),
        include: &[],
        exclude: &[],
        all_bpf: false,
        jobs: 1,
    };
    let found = discover(&search).unwrap();
    assert_eq!(names(&found.sources), ["a.bpf.c"]);
}

#[test]
fn globs_take_and_leave_out() {
    let repository = Repository::new(&[("net/a.bpf.c", PROBE), ("fs/b.bpf.c", PROBE)]);
    for (include, exclude, expected) in [
        (vec!["net/**"], vec![], "net/a.bpf.c"),
        (vec!["net"], vec![], "net/a.bpf.c"),
        (vec![], vec!["net/**"], "fs/b.bpf.c"),
        (vec!["*.bpf.c"], vec!["b.*"], "net/a.bpf.c"),
    ] {
        let owned = |globs: Vec<&str>| globs.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let (include, exclude) = (owned(include), owned(exclude));
        let search = Search {
            repository: repository.0.path(),
            output: None,
            include: &include,
            exclude: &exclude,
            all_bpf: false,
            jobs: 1,
        };
        let found = discover(&search).unwrap();
        assert_eq!(names(&found.sources), [expected]);
        assert_eq!(found.left_out.len(), 1);
    }
    let bad = ["[".to_owned()];
    let search = Search {
        repository: repository.0.path(),
        output: None,
        include: &bad,
        exclude: &[],
        all_bpf: false,
        jobs: 1,
    };
    assert_eq!(discover(&search).unwrap_err().code, codes::NO_REPOSITORY);
}

#[test]
fn what_isnt_utf_8_is_still_found() {
    let repository = Repository::new(&[]);
    fs::write(
        repository.0.path().join("a.c"),
        [PROBE.as_bytes(), b"// \xff"].concat(),
    )
    .unwrap();
    assert_eq!(repository.sources(), ["a.c"]);
}

#[test]
fn user_space_and_build_files_are_noticed() {
    let repository = Repository::new(&[
        ("Makefile", "bpf"),
        ("sub/Makefile", "no such word"),
        ("main.go", "//go:generate bpf2go x a.c"),
        ("other.go", "package x"),
        ("build.rs", "use libbpf_cargo::SkeletonBuilder;"),
        ("user.c", "#include \"a.skel.h\"\n"),
        ("build/compile_commands.json", "[]"),
        (".gitignore", "build\n"),
    ]);
    let found = repository.find(|_| {});
    let kinds: Vec<_> = found.beside.iter().map(|beside| beside.kind).collect();
    let expected = [Kind::Make, Kind::Database, Kind::Rust, Kind::Go, Kind::C];
    assert_eq!(kinds, expected);
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn loops_end_and_are_named() {
        let repository = Repository::new(&[("a/b/x.bpf.c", PROBE)]);
        symlink("..", repository.0.path().join("a/b/up")).unwrap();
        let found = repository.find(|_| {});
        assert_eq!(names(&found.sources), ["a/b/x.bpf.c"]);
        let codes: Vec<_> = found.diagnostics.iter().map(|found| found.code).collect();
        assert_eq!(codes, [codes::LINK_LOOP]);
        assert_eq!(
            found.diagnostics[0].message,
            "`a/b/up` leads back to `a`, and isn't followed"
        );
    }

    #[test]
    fn each_source_is_taken_once_and_nothing_outside() {
        let repository = Repository::new(&[("z/x.bpf.c", PROBE)]);
        let outside = Repository::new(&[("y.bpf.c", PROBE)]);
        symlink("z", repository.0.path().join("a")).unwrap();
        symlink(outside.0.path(), repository.0.path().join("far")).unwrap();
        let found = repository.find(|_| {});
        assert_eq!(names(&found.sources), ["z/x.bpf.c"]);
        assert_eq!(names(&found.left_out), ["a/x.bpf.c"]);
    }

    #[test]
    fn what_cant_be_read_is_named() {
        let repository = Repository::new(&[("a.bpf.c", PROBE)]);
        symlink("nowhere", repository.0.path().join("b.bpf.c")).unwrap();
        let found = repository.find(|_| {});
        assert_eq!(names(&found.sources), ["a.bpf.c"]);
        assert_eq!(found.diagnostics[0].code, codes::UNREADABLE);
        assert!(found.diagnostics[0].message.contains("b.bpf.c"));
    }
}
