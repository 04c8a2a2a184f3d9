"""What can be drawn: a motif is a name and a function that draws that kind of thing on a canvas."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ivorycart.demo.canvas import Canvas
from ivorycart.demo.motifs import audio, ceramics, coffee, desk, lighting, paper, plants, textiles

Motif = Callable[[Canvas], None]

MOTIFS: Mapping[str, Motif] = MappingProxyType(
    {
        motif.__name__: motif
        for motif in (
            *(ceramics.round_vase, ceramics.shouldered_vase, ceramics.stem_vase, ceramics.tall_vase, ceramics.bowl),
            *(ceramics.mug, ceramics.plates, ceramics.pitcher, ceramics.teapot),
            *(lighting.linen_lamp, lighting.dome_lamp, lighting.sphere_lamp, lighting.floor_lamp),
            *(lighting.dome_pendant, lighting.trio_pendant, lighting.candle),
            *(audio.headphones, audio.column_speaker, audio.pebble_speaker, audio.turntable, audio.radio),
            *(paper.book_stack, paper.book, paper.notebook),
            *(plants.monstera, plants.fan_palm, plants.cactus, plants.trailing, plants.tall, plants.watering_can),
            *(coffee.coffee_bag, coffee.dripper, coffee.kettle, coffee.moka, coffee.grinder),
            *(textiles.throw, textiles.cushion, textiles.tote, textiles.towels, textiles.rug),
            *(
                desk.wall_clock,
                desk.desk_clock,
                desk.shell_chair,
                desk.spindle_chair,
                desk.pencil_cup,
                desk.organiser,
                desk.mirror,
            ),
        )
    }
)
