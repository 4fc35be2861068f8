//! pip: another process that chooses packages and fetches them.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

/// What is run instead of pip itself.
const SOURCE: &str = include_str!("pip.py");
/// What markers are compared with: the Python in the sandbox.
const MARKERS: &str = r#"{"os_name": "posix", "sys_platform": "wasi", "platform_system": "wasi", "platform_machine": "wasm32",
"platform_release": "0.0.0", "platform_version": "0.0.0", "platform_python_implementation": "CPython",
"implementation_name": "cpython", "implementation_version": "3.14.0", "python_full_version": "3.14.0", "python_version": "3.14"}"#;
/// Only the last lines of what pip says tell why it gave up.
const LAST_LINES: usize = 6;

/// Which wheels may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wheels {
    /// Those without native code.
    Pure,
    /// Those for Linux, too. What they have of native code is left out or
    /// refused later; here it only lets them be found, and named.
    Native,
}

impl Wheels {
    fn tags(self) -> Vec<String> {
        let mut tags = vec!["--python-version=3.14".to_owned()];
        match self {
            Self::Pure => tags.extend(["--implementation=py", "--abi=none", "--platform=any"].map(str::to_owned)),
            Self::Native => {
                tags.extend(["--implementation=cp", "--abi=cp314", "--abi=abi3", "--abi=none"].map(str::to_owned));
                // Older versions of pip do not know that one includes the others.
                let glibc = [39, 38, 35, 34, 31, 28, 27, 26, 24, 17, 12, 5];
                tags.extend(glibc.map(|minor| format!("--platform=manylinux_2_{minor}_x86_64")));
                tags.extend(
                    ["manylinux2014", "manylinux2010", "manylinux1", "linux"]
                        .map(|name| format!("--platform={name}_x86_64")),
                );
            }
        }
        tags
    }
}

/// Why pip did not fetch what it was to.
#[derive(Debug)]
pub(super) enum PipError {
    /// There is no such program.
    NoPython(std::io::Error),
    /// No wheel of this requirement fits. With pip's last lines.
    NoMatch(String, String),
    /// Whatever else, in pip's words or those of `pip.py`.
    Other(String),
}

impl fmt::Display for PipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPython(error) => {
                write!(
                    f,
                    "cannot be started ({error}); install Python 3.11 or newer with pip, or name one with --python"
                )
            }
            Self::NoMatch(requirement, said) => write!(
                f,
                "found no wheel for `{requirement}`: there is no such package or version, or it comes as source code only \
                 or for other systems, and what has to be compiled does not run in the sandbox; choose another version \
                 or another package. pip said:\n{said}"
            ),
            Self::Other(said) if said.contains("THESE PACKAGES DO NOT MATCH THE HASHES") => write!(
                f,
                "found other packages than requirements.lock pins; if that is as it should be, delete the lock and run \
                 again. pip said:\n{said}"
            ),
            // From pip.py.
            Self::Other(said) if said.contains("only wheels are taken") => write!(
                f,
                "was asked for a package that would have to be built, or cloned, by a requirement or by another package, \
                 and that runs its author's code on this machine; build a wheel and say where with --find-links. \
                 pip said:\n{said}"
            ),
            Self::Other(said) if is_offline(said) => write!(
                f,
                "cannot reach the package index; mend the connection, or set PIP_INDEX_URL, or PIP_NO_INDEX and \
                 PIP_FIND_LINKS. pip said:\n{said}"
            ),
            Self::Other(said) => match said.strip_prefix("tidegate: ") {
                Some(reason) => write!(f, "cannot be used: {reason}; name another with --python"),
                None => write!(f, "failed. pip said:\n{said}"),
            },
        }
    }
}

/// Fetches wheels into `folder`.
///
/// # Errors
/// If it does not fetch all of them.
pub(super) fn download(python: &str, wheels: Wheels, folder: &Path, arguments: &[&OsStr]) -> Result<(), PipError> {
    let mut command = Command::new(python);
    // Or a folder `pip` where the user stands would be run instead.
    command.env("PYTHONSAFEPATH", "1").args(["-c", SOURCE, MARKERS, "download", "--quiet", "--no-input", "--no-color"]);
    command.args(["--disable-pip-version-check", "--progress-bar=off"]).args(wheels.tags());
    command.arg("--dest").arg(folder).args(arguments);
    // What a package is made from source with is its author's code. Last, or what
    // came before it would be allowed again.
    command.env_remove("PIP_NO_BINARY").env_remove("PIP_ONLY_BINARY").arg("--only-binary=:all:");
    let output = command.stdin(Stdio::null()).output().map_err(PipError::NoPython)?;
    if output.status.success() {
        return Ok(());
    }
    Err(reason(&String::from_utf8_lossy(&output.stderr)))
}

fn reason(stderr: &str) -> PipError {
    let lines: Vec<_> = stderr.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let said = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default().join("\n");
    let requirement = lines.iter().find_map(|line| line.split_once("No matching distribution found for "));
    match requirement {
        // Without a connection pip finds nothing, too.
        Some((_, requirement)) if !is_offline(stderr) => {
            let requirement = requirement.split(" (from").next().unwrap_or(requirement);
            PipError::NoMatch(requirement.to_owned(), said)
        }
        Some(_) | None => PipError::Other(said),
    }
}

fn is_offline(said: &str) -> bool {
    ["connection broken by", "NewConnectionError", "Temporary failure in name resolution", "Max retries exceeded"]
        .iter()
        .any(|sign| said.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_found_is_named() {
        let error = reason(
            "ERROR: Could not find a version that satisfies the requirement old>=2 (from versions: none)\n\
             ERROR: No matching distribution found for old>=2\n\n",
        );
        let text = error.to_string();
        assert!(text.starts_with("found no wheel for `old>=2`: there is no such package or version"), "{text}");
        assert!(text.ends_with("No matching distribution found for old>=2"), "{text}");
    }

    #[test]
    fn without_a_connection_that_is_what_is_said() {
        let error = reason(
            "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError'\n\
             ERROR: No matching distribution found for old>=2",
        );
        assert!(error.to_string().starts_with("cannot reach the package index; mend the connection"), "{error}");
    }

    #[test]
    fn only_the_last_lines_are_shown() {
        let many: Vec<_> = (0..100).map(|number| number.to_string()).collect();
        assert_eq!(reason(&many.join("\n")).to_string(), "failed. pip said:\n94\n95\n96\n97\n98\n99");
        assert_eq!(
            reason("tidegate: this Python has no pip").to_string(),
            "cannot be used: this Python has no pip; name another with --python"
        );
    }
}
