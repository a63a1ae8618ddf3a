/* version.h - the product's version. */
#ifndef IPS_VERSION_H
#define IPS_VERSION_H

#define IPS_VERSION "0.1.0"

#endif
