//! Attacks on what lies outside the sandbox.
//!
//! A refusal comes back as a failure with the host's words; an attack that got
//! through says so in its failure too.

use std::hash::{BuildHasher, RandomState};
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};

use tidegate_sdk::{Arguments, Failure, Response, cache, http, log, query, write};

use crate::survived;

pub(crate) fn environment(_: &Arguments) -> Result<Response, Failure> {
    let seen: Vec<_> = granted().map(|(name, _)| name).chain(std::env::args()).collect();
    if seen.is_empty() { survived() } else { Err(Failure::invalid(format!("saw {seen:?}"))) }
}

pub(crate) fn leak_environment(_: &Arguments) -> Result<Response, Failure> {
    let seen: Vec<_> = granted().map(|(name, value)| format!("{name}={value}")).collect();
    if seen.is_empty() {
        return survived();
    }
    let leaked = format!("leaked {}", seen.join(" "));
    log::info!("{leaked}");
    println!("{leaked}");
    Err(Failure::invalid(leaked))
}

/// What is there beside what every plugin is told about itself.
fn granted() -> impl Iterator<Item = (String, String)> {
    const OWN: [&str; 4] = ["TZ", "PLUGIN_DIR", "TIDEGATE_DATABASE", "TIDEGATE_TRIGGER"];
    std::env::vars().filter(|(name, _)| !OWN.contains(&name.as_str()))
}

pub(crate) fn open_file(args: &Arguments) -> Result<Response, Failure> {
    let path = args.get("path").unwrap_or("/etc/passwd");
    let error = match std::fs::read(path) {
        Ok(bytes) => format!("read {} bytes of {path}", bytes.len()),
        Err(error) => error.to_string(),
    };
    Err(Failure::invalid(error))
}

pub(crate) fn create_file(args: &Arguments) -> Result<Response, Failure> {
    let path = args.get("path").unwrap_or("/plugin/evil");
    let error = match std::fs::write(path, "x") {
        Ok(()) => format!("wrote {path}"),
        Err(error) => error.to_string(),
    };
    Err(Failure::invalid(error))
}

pub(crate) fn list_root(args: &Arguments) -> Result<Response, Failure> {
    let path = args.get("path").unwrap_or("/");
    let error = match std::fs::read_dir(path) {
        Ok(entries) => format!("saw {} entries of {path}", entries.count()),
        Err(error) => error.to_string(),
    };
    Err(Failure::invalid(error))
}

pub(crate) fn connect(args: &Arguments) -> Result<Response, Failure> {
    let address = args.get("address").unwrap_or("127.0.0.1:80");
    let error = match TcpStream::connect(address) {
        Ok(_) => format!("connected to {address}"),
        Err(error) => error.to_string(),
    };
    Err(Failure::invalid(error))
}

pub(crate) fn send_datagram(_: &Arguments) -> Result<Response, Failure> {
    let error = match UdpSocket::bind("0.0.0.0:0").and_then(|udp| udp.send_to(b"x", "127.0.0.1:53")) {
        Ok(_) => "sent a datagram".into(),
        Err(error) => error.to_string(),
    };
    Err(Failure::invalid(error))
}

pub(crate) fn resolve(_: &Arguments) -> Result<Response, Failure> {
    let error = match "example.com:80".to_socket_addrs() {
        Ok(addresses) => format!("resolved to {} addresses", addresses.count()),
        Err(error) => error.to_string(),
    };
    Err(Failure::invalid(error))
}

pub(crate) fn request_without_grant(args: &Arguments) -> Result<Response, Failure> {
    let url = args.get("url").unwrap_or("http://169.254.169.254/latest/meta-data/");
    let response = http::send(&http::Request::get(url))?;
    Err(Failure::invalid(format!("got an answer. status=`{}`", response.status)))
}

pub(crate) fn sql_that_writes(args: &Arguments) -> Result<Response, Failure> {
    let sql = args.get("sql").unwrap_or("DROP TABLE cpu");
    for piece in query::sql(sql).open()? {
        piece?;
    }
    Err(Failure::invalid(format!("ran a statement that writes. sql=`{sql}`")))
}

pub(crate) fn read_elsewhere(args: &Arguments) -> Result<Response, Failure> {
    let database = args.get("database").unwrap_or("secrets");
    query::sql("SELECT 1").database(database).open()?;
    Err(Failure::invalid(format!("read elsewhere. database=`{database}`")))
}

pub(crate) fn write_elsewhere(args: &Arguments) -> Result<Response, Failure> {
    let database = args.get("database").unwrap_or("secrets");
    write::to(database).stage("evil written=1i")?;
    survived()
}

pub(crate) fn pickle_for_everybody(_: &Arguments) -> Result<Response, Failure> {
    let entry = cache::Entry { encoding: cache::Encoding::Pickle, bytes: b"cos\nsystem\n.".to_vec() };
    cache::global().put("evil", entry)?;
    survived()
}

#[expect(unsafe_code, reason = "the standard library gives no random bytes")]
pub(crate) fn random(_: &Arguments) -> Result<Response, Failure> {
    unsafe extern "C" {
        fn getentropy(buffer: *mut u8, length: usize) -> i32;
    }
    let mut bytes = [0_u8; 16];
    // SAFETY: the buffer is as long as it says.
    if unsafe { getentropy(bytes.as_mut_ptr(), bytes.len()) } != 0 {
        return Err(std::io::Error::last_os_error().into());
    }
    log::info!("{:032x}", u128::from_be_bytes(bytes));
    survived()
}

pub(crate) fn hash_seed(_: &Arguments) -> Result<Response, Failure> {
    log::info!("{:016x}", RandomState::new().hash_one(0_u8));
    survived()
}

#[expect(clippy::disallowed_methods, reason = "the guest's clock is the host's to check")]
pub(crate) fn clock(_: &Arguments) -> Result<Response, Failure> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    log::info!("{}", now.as_nanos());
    survived()
}
