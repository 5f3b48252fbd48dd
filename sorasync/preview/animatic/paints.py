"""Colour words people use for paint, materials and light, beside the named colours of CSS."""

from __future__ import annotations

_TABLE = """
acid b0bf1a  adobe bd6c48  alabaster ede6d6  almond efdecd  amber ffb02e  amethyst 9966cc  apricot fbceb1
aquamarine 7fffd4  ash b2beb5  asphalt 3a3d40  aubergine 472c4c  auburn a52a2a  avocado 568203
bamboo d2b55b  basil 4f7942  bark 5b4636  biscuit e3c18f  bistre 3d2b1f  blackberry 3b1f2b  blood 8a0303
blond faf0be  blush f2b5b0  bone e3dac9  bordeaux 5c0120  bottle 006a4e  brass b5a642  brick b2523c
bronze cd7f32  buff f0dc82  burgundy 800020  butter fff1a6  butterscotch e0953d  camel c19a6b  canary ffef5f
caramel c68e4e  cardinal c41e3a  carmine 960018  cedar a0583c  celadon ace1af  cement 8d8d85  cerise de3163
cerulean 2a7fbf  chalk f4f3ee  champagne f7e7ce  charcoal 36454f  cherry b3132b  chestnut 954535
chili c21807  cinder 56575a  cinnabar e34234  cinnamon b5651d  citrine e4d00a  citron c3b91d  claret 7f1734
clay b66a50  cloud d9dde0  cobalt 0047ab  cocoa 6f4e37  coconut f0ede5  coffee 6f4e37  cognac 9a463d
concrete 95989a  copper b87333  coral ff7f50  cork b98b5e  cornflower 6495ed  cranberry 9e003a  cream fff3d1
crimson c0142f  custard fff0a5  cyan 00c8d7  dandelion f0e130  denim 3a5f8a  dove b7b5b0  dusk 6a5a80
dust c7b299  dusty b59e8d  ebony 2a2725  ecru d8c7a0  eggplant 4b2e4f  eggshell f0ead6  electric 2f7bff
ember e2582a  emerald 1f9d63  espresso 3c2a21  fawn c8a574  fern 4f7942  fire e25822  flame e8622c
flamingo fc8eac  flax eedc82  fluorescent dcf7e6  fog c9ced2  forest 2a5d34  frost e1eef2  garnet 7b1e2e
ginger b06500  glacier 9cc4d4  gold e0ac2b  grape 5f2d7a  granite 676767  graphite 41424c  grass 4c9a3d
gunmetal 2a3439  hazel 8e7618  heather a58fb0  henna 9a4a2f  honey eba937  ice d3ecf4  indigo 3b2a80
ink 16202e  iris 5a4fcf  iron 52565a  ivory fffbea  jade 2fa37c  jasmine f8de7e  jet 2b2b2b  juniper 3a5a4a
kelp 4a4f2c  khaki c3b091  lamp ffc46b  lapis 26619c  latte c9a27c  lavender b9a5de  lead 5a5d60
leather 8a5a35  leaf 5c9e3b  lemon fff14f  lichen a3b18a  lilac c8a2c8  lime a9d32c  limestone d6cfbe
linen f3e9da  loam 5b4433  magnolia f6ecdf  mahogany 7b3325  malachite 0bb35e  mandarin f37a2b  mango ff9f2e
maple c68a4a  marble e6e4e0  marigold eaa221  maroon 731f2b  mauve b784a7  meadow 7bb661  melon fdbcb4
midnight 191f4a  milk fbf8f1  mint a5e0c0  mist cfd8dc  mocha 7b5a45  moon dfe3ee  moonlight bfd0e8
moss 6b7d3a  mud 6b543b  mulberry 9b3a63  mushroom bdaca0  mustard d9a521  navy 1b2a52  neon 39ff6a
night 10152b  nickel 8f908c  nutmeg 8b5a3c  oak b08955  oat dfceb0  oatmeal d9c7a7  obsidian 17161c
ocean 1d6a8c  ochre c77a2a  ocher c77a2a  olive 7a7d2f  onyx 26282b  opal d5e3dd  oxblood 5a0f14
oyster d6cfc4  papaya ff9a4d  papyrus e6d6a8  parchment f0e3c0  peach ffc9a0  peacock 0e6f7e  pearl ece7dd
pebble a8a196  peat 40342a  pepper 3d3a38  periwinkle a6a8e8  persimmon ec5a1d  petrol 10505e  pewter 8e9294
pine 1f5545  pistachio 9fc37f  pitch 1b1a1a  platinum dad9d6  plum 7d3a6b  pomegranate b3253f  poppy e2422e
porcelain eef0ee  prussian 0e3355  pumpkin f27d1c  putty c9b99a  quartz d9c3c7  quicksilver a6a6a6
raspberry d4205a  raven 171a21  redwood a45a52  resin c9822b  rose e0607e  rosewood 65000b  royal 3457c9
ruby c51645  russet 80461b  rust b7410e  saffron f2b52b  sage a3b18a  salt f2f1ec  sand dcc298
sandstone c9a06c  sangria 92000a  sapphire 1b4fae  scarlet ee2a1b  sea 2d7f88  seafoam 9fe2bf  sepia 70482a
shadow 3b3a42  shale 5c5f60  shell f6e3d3  sienna a0522d  silt a6937c  sky 88c4ea  slate 5e6f7f
smoke 8d8f93  snow f7fafc  sodium ff9a2b  soot 2b2a29  spice a6502b  spruce 2f5d50  steel 6d8296
stone a8a297  storm 4f5b66  straw e4d27a  strawberry e23b50  sulfur eddc3a  sulphur eddc3a  sun ffd34d
sunset f4764f  sunflower ffc512  tan d2b48c  tangerine f28500  tar 221e1d  taupe 8b7d70  tawny cd6b1e
tea d0a667  teak a87b46  teal 0f7f80  terracotta cc6647  thistle d3bcd8  tin 9aa0a3  titanium 878681
tobacco 71502f  toffee a8652f  topaz ffbf69  tungsten ffc37a  turmeric e3a018  turquoise 35c9c0
twilight 4e518b  umber 635147  vanilla f5e6b0  velvet 5b1a3a  verdigris 43b3ae  vermilion e3402c
vermillion e3402c  vine 4a6b3a  violet 7b3fb5  walnut 5c4033  water 7fb4c9  wax e9c98a  wheat e8cf98
whisky c8752f  willow 93a26a  wine 722f37  wisteria c0a0dc  wood 8f6a45  zinc 8a8f96
"""

# Word to 0xRRGGBB.
PAINTS: dict[str, int] = {
    name: int(value, 16)
    for line in _TABLE.split("\n")
    for name, value in zip(*[iter(line.split())] * 2, strict=True)
}
