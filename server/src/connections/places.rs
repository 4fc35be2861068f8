//! How many connections there are, all together and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Bounds;

/// The connections that there are.
#[derive(Debug)]
pub(super) struct Places {
    bounds: Bounds,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Room for one connection, which is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    address: IpAddr,
    taken: Arc<Mutex<Taken>>,
}

impl Places {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, taken: Arc::default() }
    }

    /// Room for one more from `address`, if there is any.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let address = neighbourhood(address);
        let mut taken = lock(&self.taken);
        let from_there = taken.by_address.get(&address).copied().unwrap_or(0);
        if taken.all >= self.bounds.connections || from_there >= self.bounds.connections_per_address {
            return None;
        }
        taken.all = taken.all.saturating_add(1);
        taken.by_address.insert(address, from_there.saturating_add(1));
        Some(Place { address, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.all = taken.all.saturating_sub(1);
        let left = taken.by_address.get(&self.address).map_or(0, |count| count.saturating_sub(1));
        match left {
            0 => taken.by_address.remove(&self.address),
            left => taken.by_address.insert(self.address, left),
        };
    }
}

/// Whoever has one address of IPv6 has all that begin with the same 64 bits.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(connections: usize, connections_per_address: usize) -> Places {
        Places::new(Bounds { connections, connections_per_address, ..Bounds::USUAL })
    }

    fn at(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_place_is_free_again_when_it_was_given_back() {
        let places = places(2, 2);
        let (first, second) = (places.take(at("10.0.0.1")), places.take(at("10.0.0.2")));
        assert!(first.is_some() && second.is_some() && places.take(at("10.0.0.3")).is_none());
        drop(first);
        assert!(places.take(at("10.0.0.3")).is_some());
        drop(second);
        assert!(lock(&places.taken).by_address.is_empty(), "addresses are not remembered for ever");
    }

    #[test]
    fn one_address_leaves_places_to_others() {
        let places = places(10, 1);
        let _first = places.take(at("2001:db8::1")).unwrap();
        assert!(places.take(at("2001:db8::2")).is_none(), "it is the same network");
        let _other = places.take(at("2001:db8:0:1::1")).unwrap();
        let _old = places.take(at("10.0.0.1")).unwrap();
        assert!(places.take(at("::ffff:10.0.0.1")).is_none());
    }
}
