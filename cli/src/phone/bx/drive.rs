//! A phone that records to a USB drive (BX-L).

use super::{Arguments, Fate};
use crate::Outcome;
use crate::host::{Answer, Folder, Ground, Line, OrdersOf, Service, chance};
use crate::output::reason;
use crate::system;
use anyhow::{Result, anyhow};
use recscope_core::machine::{Event, State as _, StorageCommand};
use recscope_core::phone::local::{Command, Config, LocalRecorder, LocalState};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub(super) async fn run(arguments: &Arguments, folder: &Path) -> Result<Outcome> {
    let sound = arguments.sound()?;
    let ground = Ground::new();
    let machine = LocalRecorder::new(Config {
        seed: chance(),
        epoch_seconds: ground.clock().epoch_seconds(),
        codec: arguments.codec.clone(),
        size_limit: arguments.size_limit,
        ..Config::default()
    });
    let phone = Phone {
        drive: folder.to_owned(),
        is_there: false,
        files: Vec::new(),
        fate: Fate::default(),
    };
    // A drive is plugged in, not made.
    let files = match folder.is_dir() {
        true => Folder::new(folder)
            .map_err(|error| anyhow!("cannot use {}: {}", folder.display(), reason(&error)))?,
        false => Folder::none(),
    };
    let ended = ground.host(machine, phone).with_folder(files).with_sound(sound).run().await?;
    for file in &ended.service.files {
        ended.log.write(&Line::new("recorded").with("file", file.display()));
    }
    let outcome = ended.service.fate.outcome(ended.is_clean);
    if outcome.is_err() && !folder.is_dir() {
        let shown = folder.display();
        return outcome.map_err(|error| anyhow!("{error}: there is no folder {shown}"));
    }
    outcome
}

struct Phone {
    drive: PathBuf,
    is_there: bool,
    files: Vec<PathBuf>,
    fate: Fate,
}

impl Phone {
    /// Looks whether the drive is there, and how much room is on it.
    fn look(&mut self, orders: &mut OrdersOf<Self>) {
        let is_there = self.drive.is_dir();
        let free = is_there.then(|| system::free_space(&self.drive).unwrap_or(u64::MAX));
        match free {
            Some(free) if self.is_there => orders.tell(Answer::Free(free)),
            Some(free) => orders.tell(Answer::Inserted { free }),
            None if self.is_there => orders.tell(Answer::Removed),
            None => {}
        }
        self.is_there = free.is_some();
    }
}

impl Service for Phone {
    type Machine = LocalRecorder;

    fn sockets(&self, _: &LocalRecorder, _: &mut Vec<SocketAddr>) {}

    fn begin(&mut self, orders: &mut OrdersOf<Self>) {
        self.look(orders);
        orders.give(Command::Start);
        orders.play();
    }

    fn store(&mut self, folder: &mut Folder, command: StorageCommand<'_>) -> Option<Answer> {
        let answer = folder.carry_out(command);
        if let StorageCommand::Create { file, .. } = command {
            self.files.extend(folder.path(file).map(Path::to_owned));
        }
        answer
    }

    fn notice(&mut self, orders: &mut OrdersOf<Self>, _: &LocalRecorder, event: &Event) -> bool {
        if let Event::StateChanged { to, .. } = event {
            self.fate.is_busy = *to != LocalState::Idle.name();
        }
        match event {
            Event::StateChanged { to, .. } if *to == LocalState::Recording.name() => {
                self.fate.recorded = true;
            }
            Event::StateChanged { to, .. } if *to == LocalState::Idle.name() => orders.leave(),
            Event::Prompt { text, .. } => self.fate.show::<Self>(orders, text),
            _ => {}
        }
        true
    }

    fn sound_ended(&mut self, orders: &mut OrdersOf<Self>) {
        orders.leave();
    }

    fn tick(&mut self, orders: &mut OrdersOf<Self>, _: &LocalRecorder) {
        self.look(orders);
    }

    fn figures(&self, machine: &LocalRecorder) -> String {
        let name = self.files.last().and_then(|file| file.file_name()).unwrap_or_default();
        format!("{} {}", machine.state().name(), name.display())
    }

    fn leave(&mut self, orders: &mut OrdersOf<Self>) {
        orders.stop_sound();
        if self.fate.is_busy {
            orders.give(Command::Stop);
        }
    }

    fn has_left(&self, machine: &LocalRecorder) -> bool {
        machine.state() == LocalState::Idle
    }
}
