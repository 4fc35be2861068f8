//! This machine's figures, as line protocol.

use std::collections::BTreeMap;

use sysinfo::{Disks, Networks, System};
use tidegate::Timestamp;

/// What reads the machine.
#[derive(Debug)]
pub(crate) struct Figures {
    host: String,
    system: System,
    disks: Disks,
    networks: Networks,
}

impl Figures {
    /// Looks for what there is to be read.
    pub(crate) fn new() -> Result<Self, sysinfo::Error> {
        let mut system = System::new()?;
        // CPU usage is what went on since the last look: this is the first.
        system.refresh_cpu_usage();
        Ok(Self {
            host: tag(&System::host_name().unwrap_or_else(|_| "this-machine".to_owned())),
            system,
            disks: Disks::new_with_refreshed_list()?,
            networks: Networks::new_with_refreshed_list()?,
        })
    }

    /// Looks at the machine; returns how busy its CPUs are, in percent, and all
    /// figures as lines.
    pub(crate) fn read(&mut self, now: Timestamp) -> (f32, String) {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory();
        self.disks.refresh(true);
        self.networks.refresh(true);
        let (host, time, cpu) = (&self.host, now.0, self.system.global_cpu_usage());
        let mut lines = vec![
            format!("cpu,host={host} usage_percent={cpu:?} {time}"),
            format!(
                "memory,host={host} used_bytes={}u,total_bytes={}u {time}",
                self.system.used_memory(),
                self.system.total_memory()
            ),
        ];
        lines.extend(self.disks().into_iter().map(|(device, (used, total))| {
            format!("disk,host={host},device={device} used_bytes={used}u,total_bytes={total}u {time}")
        }));
        lines.extend(self.networks.iter().map(|(interface, data)| {
            let (interface, received, sent) =
                (tag(&interface.to_string_lossy()), data.total_received(), data.total_transmitted());
            format!("network,host={host},interface={interface} received_bytes={received}u,sent_bytes={sent}u {time}")
        }));
        (cpu, lines.join("\n"))
    }

    /// Used and total bytes by device: some are mounted in several places.
    fn disks(&self) -> BTreeMap<String, (u64, u64)> {
        let named = self.disks.iter().filter(|disk| !disk.name().is_empty());
        named
            .map(|disk| {
                let total = disk.total_space();
                (tag(&disk.name().to_string_lossy()), (total.saturating_sub(disk.available_space()), total))
            })
            .collect()
    }
}

/// Escapes what separates tags in line protocol.
fn tag(value: &str) -> String {
    value.replace(['\n', '\\'], "").replace(',', "\\,").replace('=', "\\=").replace(' ', "\\ ")
}
