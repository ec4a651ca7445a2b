use std::panic::{AssertUnwindSafe, catch_unwind};

use tempfile::TempDir;

use super::*;

const STEPS: [Step; 7] = [
    Step::Create,
    Step::Write,
    Step::WriteRest,
    Step::Sync,
    Step::Rename,
    Step::SyncFolder,
    Step::Acknowledge,
];

const OLD: &[u8] = b"the old bytes";
const NEW: &[u8] = b"the new bytes, and more of them";

fn folder_with_old() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet");
    VaultFile::create(&path, OLD).unwrap();
    (folder, path)
}

fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Runs `action`, which is killed when it reaches a step: nothing after that runs, and nothing is cleaned up.
fn kill_at<T>(
    step: Step,
    action: impl FnOnce(&mut dyn FnMut(Step) -> io::Result<()>) -> Result<T, VaultFileError>,
) {
    let mut before = |reached| if reached == step { panic!("killed before {step:?}") } else { Ok(()) };
    assert!(catch_unwind(AssertUnwindSafe(|| action(&mut before))).is_err(), "{step:?} was not reached");
}

/// A hook that fails at one step, as a full or broken disk does.
fn fail_at(step: Step) -> impl FnMut(Step) -> io::Result<()> {
    move |reached| if reached == step { Err(io::Error::other("disk full")) } else { Ok(()) }
}

#[test]
fn what_is_committed_is_read() {
    let (folder, path) = folder_with_old();
    let (mut file, bytes) = VaultFile::open(&path).unwrap();
    assert_eq!(bytes, OLD);
    file.commit(NEW).unwrap();
    file.commit(b"").unwrap();
    file.commit(NEW).unwrap();
    drop(file);
    assert_eq!(VaultFile::open(&path).unwrap().1, NEW);
    assert_eq!(names(&folder), ["wallet", "wallet.lock"]);
}

#[test]
fn a_commit_killed_before_any_step_leaves_the_old_bytes_or_the_new_ones() {
    for step in STEPS {
        let (folder, path) = folder_with_old();
        let (mut file, _) = VaultFile::open(&path).unwrap();
        kill_at(step, |before| file.commit_step_by_step(NEW, before));
        drop(file);

        let renamed = matches!(step, Step::SyncFolder | Step::Acknowledge);
        let (mut file, bytes) = VaultFile::open(&path).unwrap();
        assert_eq!(bytes, if renamed { NEW } else { OLD }, "{step:?}");
        assert_eq!(names(&folder), ["wallet", "wallet.lock"], "{step:?}");
        file.commit(b"afterwards").unwrap();
    }
}

#[test]
fn a_creation_killed_before_any_step_leaves_no_file_or_the_whole_one() {
    for step in STEPS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wallet");
        kill_at(step, |before| VaultFile::create_step_by_step(&path, NEW, before));

        if matches!(step, Step::SyncFolder | Step::Acknowledge) {
            assert_eq!(VaultFile::open(&path).unwrap().1, NEW, "{step:?}");
        } else {
            assert!(matches!(VaultFile::open(&path), Err(VaultFileError::Absent(_))), "{step:?}");
            drop(VaultFile::create(&path, NEW).unwrap());
        }
        assert_eq!(names(&folder), ["wallet", "wallet.lock"], "{step:?}");
    }
}

#[test]
fn a_disk_that_fails_costs_nothing_and_the_next_commit_works() {
    for step in [Step::Create, Step::Write, Step::WriteRest, Step::Sync, Step::Rename] {
        let (folder, path) = folder_with_old();
        let (mut file, _) = VaultFile::open(&path).unwrap();
        let error = file.commit_step_by_step(NEW, fail_at(step)).unwrap_err();
        assert!(matches!(error, VaultFileError::Io { .. }), "{error}");
        assert_eq!(error.reason(), None);
        assert_eq!(fs::read(&path).unwrap(), OLD);
        assert_eq!(names(&folder), ["wallet", "wallet.lock"], "{step:?}");
        file.commit(NEW).unwrap();
        assert_eq!(fs::read(&path).unwrap(), NEW);
    }
}

#[test]
fn when_nobody_knows_whether_a_commit_lasts_the_file_has_to_be_opened_again() {
    let (_folder, path) = folder_with_old();
    let (mut file, _) = VaultFile::open(&path).unwrap();
    assert!(file.commit_step_by_step(NEW, fail_at(Step::SyncFolder)).is_err());
    assert!(matches!(file.commit(OLD), Err(VaultFileError::Unsettled(_))));
    drop(file);
    let (mut file, bytes) = VaultFile::open(&path).unwrap();
    assert_eq!(bytes, NEW);
    file.commit(OLD).unwrap();
}

#[test]
fn an_existing_file_is_never_replaced_by_a_new_one() {
    let (folder, path) = folder_with_old();
    assert!(matches!(VaultFile::create(&path, NEW), Err(VaultFileError::Exists(_))));
    fs::write(&path, b"").unwrap();
    assert!(matches!(VaultFile::create(&path, NEW), Err(VaultFileError::Exists(_))));
    assert_eq!(fs::read(&path).unwrap(), b"");

    let export = folder.path().join("export");
    write_new(&export, NEW).unwrap();
    assert!(matches!(write_new(&export, OLD), Err(VaultFileError::Exists(_))));
    assert_eq!(fs::read(&export).unwrap(), NEW);
}

#[test]
fn d01_a_file_that_changed_under_the_program_is_not_overwritten() {
    let (_folder, path) = folder_with_old();
    let (mut file, _) = VaultFile::open(&path).unwrap();
    fs::write(&path, b"damaged").unwrap();
    let error = file.commit(NEW).unwrap_err();
    assert!(matches!(error, VaultFileError::Changed(_)));
    assert_eq!(error.reason(), Some(Reason::VaultCorrupt));
    assert_eq!(fs::read(&path).unwrap(), b"damaged");
}

#[test]
fn one_holder_at_a_time() {
    let (_folder, path) = folder_with_old();
    let held = VaultFile::open(&path).unwrap();
    assert!(matches!(VaultFile::open(&path), Err(VaultFileError::InUse(_))));
    drop(held);
    VaultFile::open(&path).unwrap();
}

#[test]
fn a_file_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet");
    assert!(matches!(VaultFile::open(&path), Err(VaultFileError::Absent(_))));
    assert_eq!(names(&folder), [""; 0]);
    assert!(matches!(VaultFile::open(&path.join("below")), Err(VaultFileError::Absent(_))));
}

#[cfg(unix)]
#[test]
fn files_and_folders_are_their_owners_alone_and_a_link_stays_a_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("data").join("portage");
    let path = below.join("wallet");
    let mut file = VaultFile::create(&path, OLD).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&below), mode(&path)), (0o700, 0o600));
    file.commit(NEW).unwrap();
    assert_eq!((mode(&path), mode(&below.join("wallet.lock"))), (0o600, 0o600));
    drop(file);
    write_new(&below.join("export"), NEW).unwrap();
    assert_eq!(mode(&below.join("export")), 0o600);

    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(matches!(VaultFile::create(&link, NEW), Err(VaultFileError::Exists(_))));
    let (mut file, _) = VaultFile::open(&link).unwrap();
    file.commit(OLD).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&path).unwrap(), OLD);
}
