import { ModuleInstance } from "./instance.js";
/** Module instances by the names that others import them by. */
export declare class Store {
    #private;
    /** An empty store. */
    constructor();
    /** Names of the registered instances, sorted. */
    get names(): string[];
    /** The instance of this name. */
    find(name: string): ModuleInstance | undefined;
    /** Registers an instance, by default under the name it has. */
    register(instance: ModuleInstance<any>, name?: string): this;
}
