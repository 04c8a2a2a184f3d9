"""Pictures of products: taken in, made anew in two sizes, shown, and cleared away.

A picture is worked on in a process of its own (``darkroom``), few at once (``laboratory``); what may be done with the
pictures of a product stands in ``gallery``; files that no product shows any more are removed by ``sweeping``.
"""

from ivorycart.pictures.gallery import Gallery, GalleryBook, Picture, PictureStore
from ivorycart.pictures.laboratory import Laboratory

__all__ = ["Gallery", "GalleryBook", "Laboratory", "Picture", "PictureStore"]
