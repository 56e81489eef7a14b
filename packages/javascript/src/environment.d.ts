/** The value of an environment variable; `undefined` where it is not set. It needs the permission `environment` in `package.json`. */
export function get(name: string): string | undefined;
