//! Where a request may go once the name of its host has become addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Outgoing, Resolver, Unanswered};
use crate::model::{Host, Reach, missing};

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Everybody can reach it.
    Public,
    /// The machine itself or its network. A name may lead there if that was
    /// granted.
    Private(&'static str),
    /// No name leads there; some of these give away a cloud machine's keys.
    Special(&'static str),
}

/// The addresses that `request` may be sent to, at least one.
pub(super) async fn of(resolver: &dyn Resolver, request: &Outgoing, reach: Reach) -> Result<Vec<IpAddr>, Unanswered> {
    let name = match request.origin.host() {
        // It was granted as it stands.
        Host::Address(address) => return Ok(vec![*address]),
        // It means this machine whatever a resolver says, and was granted so.
        Host::Name(name) if name == "localhost" => {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        Host::Name(name) => name,
    };
    let unknown = |why: &dyn std::fmt::Display| {
        Unanswered::Unreachable(format!("the host's name cannot be resolved: {why}. host=`{name}`"))
    };
    let found = resolver.resolve(name).await.map_err(|error| unknown(&error))?;
    let classes: Vec<_> = found.iter().map(|address| (address.to_canonical(), class(*address))).collect();
    let may = |class: Class| match class {
        Class::Public => true,
        Class::Private(_) => reach == Reach::Private,
        Class::Special(_) => false,
    };
    let allowed: Vec<_> = classes.iter().filter(|(_, class)| may(*class)).map(|(address, _)| *address).collect();
    match classes.first() {
        None => Err(unknown(&"it has no address")),
        Some((_, class)) if allowed.is_empty() => Err(Unanswered::Denied(refusal(request, *class))),
        Some(_) => Ok(allowed),
    }
}

fn refusal(request: &Outgoing, class: Class) -> String {
    let Outgoing { method, origin, .. } = request;
    match class {
        Class::Private(kind) => {
            let needs = missing(&format!("http={method} {origin} private"));
            format!("the host's name leads into the server's network ({kind}): {needs}")
        }
        Class::Special(kind) => {
            format!("the host's name leads where requests are not sent ({kind}). host=`{}`", origin.host())
        }
        Class::Public => String::new(),
    }
}

fn class(address: IpAddr) -> Class {
    match address.to_canonical() {
        IpAddr::V4(address) => class_4(address),
        IpAddr::V6(address) => class_6(address),
    }
}

/// By the special-purpose registry of IANA, and multicast.
fn class_4(address: Ipv4Addr) -> Class {
    match address.octets() {
        [127, ..] => Class::Private("loopback"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Class::Private("private"),
        [100, 64..=127, ..] => Class::Private("shared by a carrier's customers"),
        [0, ..] => Class::Special("unspecified"),
        [169, 254, ..] => Class::Special("link-local"),
        [192, 0, 0, _] | [192, 88, 99, _] => Class::Special("of a protocol"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Class::Special("documentation"),
        [198, 18..=19, ..] => Class::Special("benchmarking"),
        [224..=239, ..] => Class::Special("multicast"),
        [240..=255, ..] => Class::Special("reserved"),
        _ => Class::Public,
    }
}

fn class_6(address: Ipv6Addr) -> Class {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        class_4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Class::Private("loopback"),
        [0, 0, 0, 0, 0, 0, ..] => Class::Special("unspecified"),
        // Ways to an IPv4 address: what counts is where they end.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        [0xfc00..=0xfdff, ..] => Class::Private("unique local"),
        [0xfe80..=0xfebf, ..] => Class::Special("link-local"),
        [0xff00..=0xffff, ..] => Class::Special("multicast"),
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Class::Special("documentation"),
        [0x2001, 0..=0x01ff, ..] => Class::Special("of a protocol"),
        [0x2000..=0x3fff, ..] => Class::Public,
        _ => Class::Special("reserved"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_of_one_class() {
        use Class::{Private, Public, Special};
        for (address, expected) in [
            ("1.1.1.1", Public),
            ("172.15.255.255", Public),
            ("172.16.0.1", Private("private")),
            ("172.31.255.255", Private("private")),
            ("172.32.0.0", Public),
            ("10.0.0.1", Private("private")),
            ("192.168.1.1", Private("private")),
            ("127.8.8.8", Private("loopback")),
            ("100.63.255.255", Public),
            ("100.64.0.1", Private("shared by a carrier's customers")),
            ("100.128.0.0", Public),
            ("0.0.0.0", Special("unspecified")),
            ("169.254.169.254", Special("link-local")),
            ("192.0.0.8", Special("of a protocol")),
            ("192.0.2.1", Special("documentation")),
            ("198.18.0.1", Special("benchmarking")),
            ("198.51.100.1", Special("documentation")),
            ("203.0.113.1", Special("documentation")),
            ("224.0.0.1", Special("multicast")),
            ("255.255.255.255", Special("reserved")),
            ("2606:4700:4700::1111", Public),
            ("::", Special("unspecified")),
            ("::1", Private("loopback")),
            ("::7f00:1", Special("unspecified")),
            ("::ffff:127.0.0.1", Private("loopback")),
            ("::ffff:169.254.169.254", Special("link-local")),
            ("::ffff:1.1.1.1", Public),
            ("64:ff9b::10.0.0.1", Private("private")),
            ("64:ff9b::1.1.1.1", Public),
            ("64:ff9b:1::1", Special("reserved")),
            ("2002:7f00:1::", Private("loopback")),
            ("2001::1", Special("of a protocol")),
            ("2001:db8::1", Special("documentation")),
            ("3fff::1", Special("documentation")),
            ("fc00::1", Private("unique local")),
            ("fd12::1", Private("unique local")),
            ("fe80::1", Special("link-local")),
            ("fec0::1", Special("reserved")),
            ("ff02::1", Special("multicast")),
            ("4000::1", Special("reserved")),
        ] {
            assert_eq!(class(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[derive(Debug)]
    struct Answers(&'static [&'static str]);

    #[async_trait::async_trait]
    impl Resolver for Answers {
        async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            Ok(self.0.iter().map(|address| address.parse().unwrap()).collect())
        }
    }

    async fn addresses(url: &str, answers: &'static [&'static str], reach: Reach) -> Result<Vec<String>, Unanswered> {
        let request = Outgoing::check(("GET", url), Vec::new(), Vec::new()).unwrap();
        let found = of(&Answers(answers), &request, reach).await?;
        Ok(found.iter().map(ToString::to_string).collect())
    }

    fn denied(answer: Result<Vec<String>, Unanswered>) -> String {
        match answer {
            Err(Unanswered::Denied(why)) => why,
            other => panic!("not denied: {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_name_leads_to_private_addresses_only_if_that_was_granted() {
        let both: &[_] = &["10.0.0.1", "1.1.1.1"];
        assert_eq!(addresses("http://a.example", both, Reach::Public).await.unwrap(), ["1.1.1.1"]);
        assert_eq!(addresses("http://a.example", both, Reach::Private).await.unwrap(), ["10.0.0.1", "1.1.1.1"]);
        let refusal = denied(addresses("http://a.example", &["::ffff:10.0.0.1"], Reach::Public).await);
        assert!(refusal.ends_with("needs=`--grant 'http=GET http://a.example private'`"), "{refusal}");
    }

    #[tokio::test]
    async fn no_name_leads_to_special_addresses_whatever_was_granted() {
        let refusal = denied(addresses("http://a.example", &["169.254.169.254"], Reach::Private).await);
        assert!(refusal.contains("link-local"), "{refusal}");
    }

    #[tokio::test]
    async fn what_is_granted_as_an_address_or_localhost_needs_no_more() {
        let nowhere: &[_] = &[];
        assert_eq!(addresses("http://10.0.0.1", nowhere, Reach::Public).await.unwrap(), ["10.0.0.1"]);
        let elsewhere: &[_] = &["10.0.0.1"];
        assert_eq!(addresses("http://LOCALHOST.", elsewhere, Reach::Public).await.unwrap(), ["127.0.0.1", "::1"]);
        assert!(matches!(
            addresses("http://a.example", nowhere, Reach::Public).await,
            Err(Unanswered::Unreachable(why)) if why.contains("no address")
        ));
    }
}
