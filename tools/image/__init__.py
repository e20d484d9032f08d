"""Makes the layers of a Python service's image as tar files: base, wheels, application.

Standard library only. Import root: tools/. What an image is made of tars is rules_oci's business.
"""
