import manifest from '../package.json' with { type: 'json' };

/** The version of the program: the one of package.json, which the chart and the image carry too. */
export const version: string = manifest.version;
