"""Vocabulary for rules that ask if a prompt mentions camera, light or colour."""

from __future__ import annotations

from typing import Final

from sorasync.manifest.lint.patterns import words

CAMERA: Final = words(
    "shot shots camera closeup close wide medium pan pans panning tilt tilts tilting dolly tracking tracks "
    "track zoom zooms push pushes pull pulls lens lenses mm 24mm 28mm 35mm 50mm 85mm aerial drone pov "
    "handheld held static locked tripod angle overhead frame framed framing view crane steadicam gimbal "
    "orbit orbits macro establishing follows viewpoint perspective focus bokeh telephoto fisheye"
)
LIGHT: Final = words(
    "light lights lighting lit lighted sun sunlight sunlit sunny sunrise sunset dusk dawn noon midday "
    "daylight daytime night nighttime midnight evening morning afternoon twilight lamp lamps lamplight "
    "lantern lanterns candle candles candlelight candlelit neon glow glows glowing shadow shadows backlit "
    "backlight rim moon moonlight moonlit starlight stars fire firelight torch torches overcast bright dark "
    "darkness shade shaded haze fluorescent tungsten sodium spotlight headlights silhouette silhouetted "
    "bulb bulbs beam beams gloom dim flicker flickers glare gleam sparkle key fill softbox golden blue-hour "
    "illuminated illuminates"
)
CHROMATIC: Final = words(
    "red orange yellow green blue purple pink violet indigo teal cyan turquoise magenta amber rust coral "
    "crimson scarlet maroon burgundy ochre terracotta peach apricot salmon gold golden copper bronze brass "
    "lemon mustard olive lime mint sage emerald jade moss forest navy cobalt azure cerulean sky-blue "
    "ultramarine prussian lavender lilac mauve plum aubergine fuchsia rose poppy cherry brick sienna umber "
    "chestnut walnut caramel honey saffron tangerine aqua aquamarine periwinkle vermilion russet sepia"
)
NEUTRAL: Final = words(
    "black white grey gray silver charcoal ivory cream beige sand tan brown khaki slate ash ink graphite "
    "pearl bone chalk parchment taupe ebony snow smoke oatmeal linen stone straw wheat chocolate coffee "
    "mahogany moonlight midnight ember blond blonde colour colours color colors coloured colored palette "
    "monochrome monochromatic tones hues pastel pastels"
)
COLOUR: Final = CHROMATIC | NEUTRAL
