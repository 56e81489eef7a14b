// IPv4 networks.

import { Failure } from "@driftless/plugin-sdk";

export interface Subnet {
  network: string;
  netmask: string;
  broadcast: string;
  /** The first and the last address that a host can have. */
  first: string;
  last: string;
  /** How many hosts there can be. */
  hosts: number;
}

/**
 * What is in a network, `10.0.0.0/24`.
 *
 * @throws {Failure} where it is none
 */
export function subnet(cidr: string): Subnet {
  const [, address, bits] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr.trim()) ?? [];
  const length = Number(bits);
  if (address === undefined || length > 32) throw new Failure(`${JSON.stringify(cidr)} is no network such as 10.0.0.0/24`);
  const size = 2 ** (32 - length);
  const network = Math.floor(toNumber(address) / size) * size;
  const broadcast = network + size - 1;
  // Point-to-point links and single addresses have neither a network's address nor one for all.
  const isSmall = length >= 31;
  return {
    network: toText(network),
    netmask: toText(2 ** 32 - size),
    broadcast: toText(broadcast),
    first: toText(isSmall ? network : network + 1),
    last: toText(isSmall ? broadcast : broadcast - 1),
    hosts: isSmall ? size : size - 2,
  };
}

function toNumber(address: string): number {
  const bytes = address.split(".").map(Number);
  if (bytes.some((byte) => byte > 255)) throw new Failure(`${address} is no address: its parts go up to 255`);
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((place) => Math.floor(number / 2 ** place) % 256).join(".");
}
