"""A mail server that keeps what it gets as files, and answers slowly or not at all when it is told to.

    python -m bench.cluster.mail_catcher HOST PORT FOLDER

Concurrency: one event loop; each mail looks into `manner.json` for how it is to be answered, so that a command in
another process can change that at any time.
"""

import asyncio
import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

ANSWERS = {250: "250 taken", 451: "451 4.3.0 not now", 550: "550 5.7.1 never"}
LONGEST_DELAY = 600.0
_LARGEST = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manner:
    """How mails are answered: by which status, after how many seconds."""

    answer: int = 250
    delay: float = 0.0

    def __post_init__(self) -> None:
        if self.answer not in ANSWERS or not 0 <= self.delay <= LONGEST_DELAY:
            raise ValueError(f"mails are answered by one of {list(ANSWERS)}, within {LONGEST_DELAY:g} s")


@dataclass(frozen=True, slots=True)
class MailFolder:
    """Where the mails are kept: each in a file, named by its number; what was refused is counted alone."""

    root: Path

    @property
    def manner(self) -> Manner:
        """How mails are answered now."""
        file = self.root / "manner.json"
        return Manner(**json.loads(file.read_text())) if file.exists() else Manner()

    def behave(self, manner: Manner) -> None:
        """Have mails answered so from now on."""
        self.root.mkdir(exist_ok=True)
        fresh = self.root / "manner.json.new"
        fresh.write_text(json.dumps(asdict(manner)))
        fresh.replace(self.root / "manner.json")

    @property
    def mails(self) -> list[Path]:
        """The mails that were taken, oldest first."""
        return sorted(self.root.glob("*.eml"))

    def keep(self, content: bytes) -> None:
        """Keep a mail."""
        fresh = self.root / "mail.new"
        fresh.write_bytes(content)
        fresh.rename(self.root / f"{len(self.mails) + 1:06}.eml")

    @property
    def answered(self) -> Counter[str]:
        """How many mails had which answer."""
        file = self.root / "answered.json"
        return Counter(json.loads(file.read_text()) if file.exists() else {})

    def count(self, answer: int) -> None:
        """Count a mail."""
        fresh = self.root / "answered.json.new"
        fresh.write_text(json.dumps(self.answered + Counter({str(answer): 1})))
        fresh.replace(self.root / "answered.json")


class Catcher:
    """What aiosmtpd hands each mail to."""

    def __init__(self, folder: MailFolder) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Answer as we are told; keep what is taken."""
        manner = self._folder.manner
        await asyncio.sleep(manner.delay)
        if manner.answer == 250:
            content = envelope.content or b""
            self._folder.keep(content if isinstance(content, bytes) else content.encode())
        self._folder.count(manner.answer)
        return ANSWERS[manner.answer]


async def main(host: str, port: int, root: Path) -> None:
    """Take mails until this process is ended."""
    catcher, loop = Catcher(MailFolder(root)), asyncio.get_running_loop()

    def connected() -> SMTP:
        return SMTP(catcher, hostname="mail.cluster", data_size_limit=_LARGEST, loop=loop)

    server = await loop.create_server(connected, host, port)
    print(f"mails to {host}:{port} are kept in {root}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    Path(sys.argv[3]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
